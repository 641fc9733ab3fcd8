import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { plainGet, RawClient, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget } from '../support/raw-target.ts';
import { waitUntil } from '../support/wait.ts';

const chunkedPost = requestText('POST', '/', { 'Transfer-Encoding': 'chunked' });

describe('a client', () => {
  test('that does not finish its head gets 408, however it keeps sending', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, { ...documentFor([target.url]), limits: { head_timeout: '250ms' } });
    const stalled = await RawClient.connect(t, port);
    const dripping = await RawClient.connect(t, port);
    const startedAt = performance.now();
    void stalled.write('GET / HTTP/1.1\r\nHost: a\r\n');
    void dripping.write('G');
    const drip = setInterval(() => void dripping.write('E'), 20);
    t.after(() => clearInterval(drip));
    for (const client of [stalled, dripping]) {
      const response = await client.response();
      assertProblem(response, 'request_timeout');
      assert.equal(response.field('connection'), 'close');
      assert.ok(performance.now() - startedAt >= 245);
    }
    clearInterval(drip);
    assert.equal(await stalled.ended(), 'closed');
    assert.equal(target.connections.length, 0);
  });

  test('that does not finish its body gets 408, and its target’s connection is closed', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, { ...documentFor([target.url]), limits: { body_idle_timeout: '250ms' } });
    for (const [number, text] of [
      `${requestText('POST', '/', { 'Content-Length': '10' })}12345`,
      `${chunkedPost}5\r\n12345\r\n`,
      `${chunkedPost}5\r\n12345\r\n0\r\n`,
    ].entries()) {
      const client = await RawClient.connect(t, port);
      void client.write(text);
      const backend = await target.connection(number);
      await backend.requestHead();
      assertProblem(await client.response('POST'), 'request_timeout');
      await backend.ended();
      assert.doesNotMatch(backend.received.toString(), /\r\n0\r\n/);
    }
  });

  test('that sends its body slowly but steadily is waited for', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, {
      ...documentFor([target.url], { timeouts: { response: '200ms', idle: '200ms' } }),
      limits: { body_idle_timeout: '200ms' },
    });
    const client = await RawClient.connect(t, port);
    void client.write(requestText('POST', '/', { 'Content-Length': '10' }));
    const backend = await target.connection(0);
    const drip = setInterval(() => void client.write('a'), 60);
    t.after(() => clearInterval(drip));
    assert.equal((await backend.request()).body.toString(), 'aaaaaaaaaa');
    clearInterval(drip);
    await backend.write(okText('fine'));
    assert.equal((await client.response()).status, 200);
  });

  for (const [how, leave] of [
    ['resets', (client: RawClient) => client.reset()],
    ['closes', (client: RawClient) => client.socket.destroy()],
    ['half-closes', (client: RawClient) => client.end()],
  ] as const) {
    test(`that ${how} its connection ends what is under way at the target, at any point`, async (t) => {
      const target = await startRawTarget(t);
      const { port, metricsWhere } = await startGateway(t, documentFor([target.url]));

      const inHead = await RawClient.connect(t, port);
      await inHead.write('GET / HT');
      await metricsWhere((page) => page.sum('gateway_connections') === 1);
      leave(inHead);

      const inBody = await RawClient.connect(t, port);
      void inBody.write(`${chunkedPost}5\r\n12345\r\n`);
      const first = await target.connection(0);
      await first.until('the body', () => (first.received.includes('12345') ? true : null));
      leave(inBody);
      await first.ended();
      assert.doesNotMatch(first.received.toString(), /\r\n0\r\n/);

      const waiting = await RawClient.connect(t, port);
      void waiting.write(plainGet);
      const second = await target.connection(1);
      await second.request();
      leave(waiting);
      await second.ended();

      const inAnswer = await RawClient.connect(t, port);
      void inAnswer.write(plainGet);
      const third = await target.connection(2);
      await third.request();
      await third.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345');
      await inAnswer.responseHead();
      leave(inAnswer);
      await third.ended();

      const page = await metricsWhere((it) => it.sum('gateway_http_requests_total') === 3);
      assert.equal(page.sum('gateway_requests_in_flight'), 0);
      assert.equal(page.sum('gateway_connections'), 0);
      assert.equal(page.sum('gateway_http_requests_total', { status: '499' }), 2);
      assert.equal(page.sum('gateway_http_requests_total', { status: '200' }), 1);
    });
  }

  test('that reads slowly gets everything, and holds the target back meanwhile', async (t) => {
    const size = 48 * 1024 * 1024;
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    client.socket.pause();
    void client.write(plainGet);
    const backend = await target.connection(0);
    await backend.request();
    await backend.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    const piece = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < size; sent += piece.length) void backend.write(piece);
    const waitingAtTarget = () => backend.socket.writableLength;
    let before = -1;
    await waitUntil('the target is held back', async () => {
      const now = waitingAtTarget();
      const stands = now === before;
      before = now;
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
      return stands;
    });
    // The rest is in the buffers of the two connections; the gateway's own part of it is bounded by large-bodies.test.ts.
    assert.ok(waitingAtTarget() > size / 2, `${waitingAtTarget()} bytes wait at the target`);
    client.keeps = false;
    client.socket.resume();
    await client.until('the whole answer', () => (client.receivedBytes > size ? true : null));
    void client.write(plainGet);
    assert.equal((await backend.request()).method, 'GET');
    assert.equal(target.connections.length, 1);
  });

  test('that takes nothing of its answer at all is cut off', async (t) => {
    const target = await startRawTarget(t);
    const { port, metricsWhere } = await startGateway(t, {
      ...documentFor([target.url]),
      limits: { body_idle_timeout: '250ms' },
    });
    const client = await RawClient.connect(t, port);
    client.socket.pause();
    void client.write(plainGet);
    const backend = await target.connection(0);
    await backend.request();
    void backend.write('HTTP/1.1 200 OK\r\n\r\n');
    void backend.write(Buffer.alloc(32 * 1024 * 1024));
    await backend.ended();
    await metricsWhere((page) => page.sum('gateway_connections') === 0);
  });

  test('that sends nothing but pieces of an empty line does not stay', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, { ...documentFor([target.url]), limits: { head_timeout: '200ms' } });
    const client = await RawClient.connect(t, port);
    assertProblem(await client.ask('\r\n'), 'request_timeout');
    assert.equal(await client.ended(), 'closed');
  });

  test('that goes on sending after a refusal is cut off in the end', async (t) => {
    const target = await startRawTarget(t);
    const { port, metricsWhere } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    void client.write('GARBAGE\r\n\r\n');
    for (let count = 0; count < 64; count++) void client.write(Buffer.alloc(65_536));
    await client.ended();
    await metricsWhere((page) => page.sum('gateway_connections') === 0);
  });
});
