import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

describe('pipelined requests', () => {
  test('are answered in their order, however long each takes', async (t) => {
    const target = await startRecordingTarget(t, (response, { url, body }) => {
      setTimeout(() => response.end(`${url} ${body.toString()}`), url === '/0' ? 60 : 0);
    });
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    const requests = [0, 1, 2, 3, 4, 5].map((number) =>
      number % 2 === 0
        ? requestText('GET', `/${number}`)
        : `${requestText('POST', `/${number}`, { 'Content-Length': '4' })}body`,
    );
    void client.write(requests.join(''));
    for (const number of requests.keys()) {
      assert.equal((await client.response()).text, `/${number} ${number % 2 === 0 ? '' : 'body'}`);
    }
    assert.deepEqual(
      target.requests.map(({ url }) => url),
      ['/0', '/1', '/2', '/3', '/4', '/5'],
    );
  });

  test('reach their target one after the other', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    void client.write(requestText('GET', '/1') + requestText('GET', '/2'));
    const backend = await target.connection(0);
    assert.equal((await backend.request()).target, '/1');
    await backend.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na');
    await client.responseHead();
    assert.equal(backend.received.length, 0);
    await backend.write('b');
    assert.equal((await client.response()).text, 'ab');
    assert.equal((await backend.request()).target, '/2');
    await backend.write(okText('second'));
    assert.equal((await client.response()).text, 'second');
    assert.equal(target.connections.length, 1);
  });

  test('with a refused one among them go on after it; with an unreadable one they end at it', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, {
      ...documentFor([target.url]),
      routes: [{ name: 'yes', match: { path: '/yes/*' }, upstream: 'backends' }],
    });
    const client = await RawClient.connect(t, port);
    const refused = `${requestText('POST', '/no', { 'Transfer-Encoding': 'chunked' })}3\r\nabc\r\n0\r\n\r\n`;
    const unreadable = 'GET /yes/3 HTTP/1.1\r\nHost : a\r\n\r\n';
    void client.write(
      requestText('GET', '/yes/1') + refused + requestText('GET', '/yes/2') + unreadable + requestText('GET', '/yes/4'),
    );
    assert.equal((await client.response()).status, 200);
    assertProblem(await client.response('POST'), 'route_not_found');
    assert.equal((await client.response()).status, 200);
    assertProblem(await client.response(), 'malformed_request');
    assert.equal(await client.ended(), 'closed');
    assert.equal(client.received.length, 0);
    assert.deepEqual(
      target.requests.map(({ url }) => url),
      ['/yes/1', '/yes/2'],
    );
  });

  test('after one that closes the connection are not looked at', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    void client.write(requestText('GET', '/1', { Connection: 'close' }) + requestText('GET', '/2'));
    assert.equal((await client.response()).field('connection'), 'close');
    assert.equal(await client.ended(), 'closed');
    assert.equal(target.requests.length, 1);
  });

  test('by the thousand are all answered, and wait in the client’s memory rather than the gateway’s', async (t) => {
    const target = await startRawTarget(t);
    const { port, metricsWhere } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    const count = 10_000;
    // 12 MB: more than the buffers of both ends of a connection hold.
    const written = client.write(requestText('GET', '/', { 'X-Padding': 'a'.repeat(1_140) }).repeat(count));
    const backend = await target.connection(0);
    await backend.request();
    await metricsWhere((page) => page.sum('gateway_requests_in_flight') === 1);
    assert.ok(client.socket.writableLength > 1_000_000, 'the gateway takes what it cannot serve yet');
    await backend.write(okText('x'));
    const { length } = await client.response();
    client.keeps = false;
    for (let number = 1; number < count; number++) {
      await backend.request();
      void backend.write(okText('x'));
    }
    await written;
    await client.until('all answers', () => (client.receivedBytes === length * count ? true : null));
    assert.equal(target.connections.length, 1);
  });
});
