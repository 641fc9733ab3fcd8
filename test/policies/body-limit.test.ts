import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

const chunkedPost = requestText('POST', '/', { 'Transfer-Encoding': 'chunked' });

function limited(targets: readonly string[], size: number, common: number | null = null): object {
  return { ...documentFor(targets), limits: { body: common }, policies: [{ body_limit: { size } }] };
}

function postOf(bytes: number): string {
  return requestText('POST', '/', { 'Content-Length': String(bytes) }) + 'x'.repeat(bytes);
}

describe('the body_limit policy', () => {
  test('refuses a stated length before anything is sent to a target', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, limited([target.url], 100));
    assertProblem(await rawRequest(t, port, postOf(101)), 'body_too_large');
    assert.equal(target.connections.length, 0);
  });

  test('lets a body of exactly its size by, also where the gateway has a smaller limit', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, limited([target.url], 100, 10));
    const client = await RawClient.connect(t, port);
    assert.equal((await client.ask(postOf(100), 'POST')).status, 200);
    assert.equal((await client.ask(`${chunkedPost}64\r\n${'y'.repeat(100)}\r\n0\r\n\r\n`, 'POST')).status, 200);
    assert.deepEqual(
      target.requests.map(({ body }) => body.length),
      [100, 100],
    );
  });

  test('cuts a body without a stated length off, and no target can take the beginning for the whole', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, limited([target.url], 100));
    const client = await RawClient.connect(t, port);
    await client.write(`${chunkedPost}50\r\n${'y'.repeat(80)}\r\n`);
    const connection = await target.connection(0);
    await connection.until('the first piece', () => (connection.received.includes('yyyy') ? true : null));
    await client.write(`50\r\n${'z'.repeat(80)}\r\n0\r\n\r\n`);
    assertProblem(await client.response('POST'), 'body_too_large');
    await connection.ended();
    const received = connection.received.toString('latin1');
    assert.ok(!received.includes('0\r\n\r\n'), received);
    assert.ok(!received.includes('z'), received);
    assert.equal(await client.ended(), 'closed');
  });

  test('of several has each of them met', async (t) => {
    const target = await startRawTarget(t, answerAlways(okText('fine')));
    const policies = [{ body_limit: { size: 50 } }, { body_limit: { size: 100 } }];
    const { port } = await startGateway(t, { ...documentFor([target.url]), policies });
    assertProblem(await rawRequest(t, port, postOf(60)), 'body_too_large');
    assert.equal((await rawRequest(t, port, postOf(50))).status, 200);
  });
});
