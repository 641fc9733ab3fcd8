import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, documentFor, startGateway } from '../support/gateway.ts';
import { plainGet, RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';
import { Load } from './load.ts';

const plain = { health: false, retry: false, breaker: false };

describe('when another configuration is served', () => {
  test('no request fails: neither on kept nor on new connections, nor one whose body is under way', async (t) => {
    const first = await startRecordingTarget(t);
    const second = await startRecordingTarget(t);
    const documentOf = (url: string, extra: readonly object[]) => ({
      workers: 2,
      upstreams: { moving: { targets: [url], ...plain }, staying: { targets: [first.url], ...plain } },
      routes: [
        { name: 'moving', match: { path: '/moving' }, upstream: 'moving' },
        { name: 'staying', upstream: 'staying' },
        ...extra,
      ],
    });
    const { gateway, port } = await startGateway(t, documentOf(first.url, []));
    const load = new Load();
    t.after(() => load.stop());
    const body = Buffer.alloc(200_000, 'x');
    for (const path of ['/moving', '/staying']) {
      load.start({ port, path });
      load.start({ port, path });
      load.start({ port, path, fresh: true });
      load.start({ port, path, body });
      load.start({ port, path, body, fresh: true });
    }
    for (let round = 0; round < 20; round += 1) {
      await load.more(20);
      const url = round % 2 === 0 ? second.url : first.url;
      const extra = { name: `extra-${round}`, match: { path: `/extra-${round}` }, upstream: 'moving' };
      const outcome = await gateway.reload(configOf(documentOf(url, [extra])));
      assert.equal(outcome.status, 'success', JSON.stringify(outcome));
    }
    await load.more(20);
    await load.stop();
    load.assertFlawless();
    assert.ok(second.requests.length > 0);
    for (const { method, body: received } of [...first.requests, ...second.requests]) {
      if (method === 'POST') assert.equal(received.length, body.length);
    }
  });

  test('a request under way ends under the one that it began with, and the next one on its connection does not', async (t) => {
    const target = await startRawTarget(t);
    const documentOf = (fields: object) => ({
      ...documentFor([target.url]),
      ...fields,
    });
    const { gateway, port } = await startGateway(t, documentOf({}));
    const client = await RawClient.connect(t, port);
    await client.write(plainGet);
    const connection = await target.connection(0);
    await connection.request();
    await connection.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
    // Nothing of what is asked for now exists any more for new requests.
    const other = await startRecordingTarget(t, (response) => response.end('other'));
    const outcome = await gateway.reload(
      configOf({
        upstreams: { other: { targets: [other.url], ...plain } },
        routes: [{ name: 'new', upstream: 'other' }],
      }),
    );
    assert.equal(outcome.status, 'success', JSON.stringify(outcome));
    await connection.write('done');
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.body.toString()], [200, 'halfdone']);
    const next = await client.ask(plainGet);
    assert.deepEqual([next.status, next.body.toString()], [200, 'other']);
    // The pool of the target that went away keeps nothing.
    await waitUntil('the connection to the old target is closed', () => connection.ending !== null);
  });

  test('a body under way goes where it began', async (t) => {
    const target = await startRecordingTarget(t, (response) => response.end('old'));
    const other = await startRecordingTarget(t, (response) => response.end('new'));
    const { gateway, port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    await client.write(`${requestText('POST', '/', { 'Content-Length': '10' }).slice(0, -2)}\r\nhello`);
    await waitUntil('the request is under way', () => target.connectionCount() > 0);
    const outcome = await gateway.reload(configOf(documentFor([other.url])));
    assert.equal(outcome.status, 'success', JSON.stringify(outcome));
    await client.write('world');
    const answer = await client.response('POST');
    assert.deepEqual([answer.status, answer.body.toString()], [200, 'old']);
    assert.equal(target.requests[0]?.body.toString(), 'helloworld');
    assert.equal((await client.ask(plainGet)).body.toString(), 'new');
  });

  test('targets that stay see no new connection', async (t) => {
    const target = await startRecordingTarget(t);
    const documentOf = (extra: object[]) => ({
      ...documentFor([target.url]),
      routes: [{ name: 'all', upstream: 'backends' }, ...extra],
    });
    const { gateway, port } = await startGateway(t, documentOf([]));
    const client = await RawClient.connect(t, port);
    for (let round = 0; round < 10; round += 1) {
      assert.equal((await client.ask(plainGet)).status, 200);
      const extra = { name: `r${round}`, match: { path: `/r${round}` }, upstream: 'backends' };
      assert.equal((await gateway.reload(configOf(documentOf([extra])))).status, 'success');
    }
    assert.equal((await client.ask(plainGet)).status, 200);
    assert.equal(target.connectionCount(), 1);
  });

  test('a retry of a request under way still knows the targets that it began with', async (t) => {
    let asked = 0;
    const target = await startRawTarget(t, async (connection) => {
      for (;;) {
        await connection.request();
        asked += 1;
        await connection.write(asked === 1 ? 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n' : okText('again'));
      }
    });
    const retry = { attempts: 2, initial_delay: '300ms', jitter: 0 };
    const { gateway, port } = await startGateway(t, documentFor([target.url], { retry }));
    const client = await RawClient.connect(t, port);
    await client.write(plainGet);
    await waitUntil('the first try has failed', () => asked === 1);
    const other = await startRecordingTarget(t);
    assert.equal((await gateway.reload(configOf(documentFor([other.url])))).status, 'success');
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.body.toString(), asked], [200, 'again', 2]);
  });

  test('a connection that is open and has asked for nothing yet is served by the new one', async (t) => {
    const { gateway, port } = await startGateway(t, documentFor(['http://127.0.0.1:1']));
    const client = await RawClient.connect(t, port);
    const target = await startRecordingTarget(t);
    assert.equal((await gateway.reload(configOf(documentFor([target.url])))).status, 'success');
    assert.equal((await client.ask(plainGet)).status, 200);
    assert.equal((await rawRequest(t, port, plainGet)).status, 200);
  });
});
