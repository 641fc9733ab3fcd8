import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { startRefusedPort } from '../support/refused-port.ts';
import { post, startMirrored, whenCounted } from './mirrored-gateway.ts';

describe('a mirror', () => {
  test('that does not answer holds nobody up, and is given up after its time', async (t) => {
    const main = await startRecordingTarget(t);
    const silent = await startRawTarget(t);
    const copies = { timeouts: { response: '100ms' } };
    const gateway = await startMirrored(t, { main: main.url, copies: silent.url }, { copies });
    const client = await RawClient.connect(t, gateway.port);
    for (let asked = 0; asked < 3; asked++) assert.equal((await client.ask(requestText('GET', '/'))).status, 200);
    await whenCounted(gateway, 0, 3);
    for (const connection of silent.connections) assert.notEqual(await connection.ended(), null);
  });

  test('whose answer never ends is cut', async (t) => {
    const main = await startRecordingTarget(t);
    const endless = await startRawTarget(t, async (connection) => {
      await connection.request();
      await connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    });
    const copies = { timeouts: { response: '100ms' } };
    const gateway = await startMirrored(t, { main: main.url, copies: endless.url }, { copies });
    assert.equal((await rawRequest(t, gateway.port, requestText('GET', '/'))).status, 200);
    await (await endless.connection(0)).ended();
    await whenCounted(gateway, 1, 0);
  });

  test('that takes nothing holds nobody up, however large the requests are', async (t) => {
    const main = await startRecordingTarget(t);
    const stuck = await startRawTarget(t, ({ socket }) => void socket.pause());
    const copies = { timeouts: { response: '200ms' } };
    const mirror = { body_limit: '1MiB' };
    const gateway = await startMirrored(t, { main: main.url, copies: stuck.url }, { copies, mirror });
    const client = await RawClient.connect(t, gateway.port);
    const body = 'x'.repeat(1024 * 1024);
    for (let asked = 0; asked < 10; asked++) assert.equal((await client.ask(post(body), 'POST')).status, 200);
    assert.ok(main.requests.every((request) => request.body.length === body.length));
    await whenCounted(gateway, 0, 10);
  });

  test('that cannot be reached, or that breaks off, is nothing to the client', async (t) => {
    const main = await startRecordingTarget(t);
    const breaking = await startRawTarget(t, async (connection) => {
      await connection.request();
      connection.reset();
    });
    for (const copies of [await startRefusedPort(t), breaking.url]) {
      const gateway = await startMirrored(t, { main: main.url, copies });
      assert.equal((await rawRequest(t, gateway.port, requestText('GET', '/'))).status, 200);
      await whenCounted(gateway, 0, 1);
    }
  });

  test('gets no more copies at once than it has connections, and none waits', async (t) => {
    const main = await startRecordingTarget(t);
    const silent = await startRawTarget(t);
    const copies = { pool: { max_connections: 2 } };
    const gateway = await startMirrored(t, { main: main.url, copies: silent.url }, { copies });
    for (let asked = 0; asked < 5; asked++) await rawRequest(t, gateway.port, requestText('GET', '/'));
    await whenCounted(gateway, 0, 3);
    assert.equal(silent.connections.length, 2);
  });

  test('whose circuit breaker is open gets none, and does not open that of the route', async (t) => {
    const main = await startRecordingTarget(t);
    const failing = await startRecordingTarget(t, (response) => response.writeHead(500).end());
    const breaker = { max_failures: 2, reset_timeout: '1m' };
    const gateway = await startMirrored(
      t,
      { main: main.url, copies: failing.url },
      { copies: { breaker }, main: { breaker } },
    );
    for (let asked = 1; asked <= 4; asked++) {
      assert.equal((await rawRequest(t, gateway.port, requestText('GET', '/'))).status, 200);
      await whenCounted(gateway, Math.min(asked, 2), Math.max(asked - 2, 0));
    }
    assert.equal(failing.requests.length, 2);
    const page = await gateway.metrics();
    assert.equal(page.sum('gateway_backend_requests_total', { service: 'copies' }), 2);
    assert.equal(page.sum('gateway_backend_errors_total', { service: 'copies' }), 2);
    assert.equal(page.sum('gateway_backend_requests_total', { service: 'main' }), 4);
    assert.equal(page.sum('gateway_backend_errors_total', { service: 'main' }), 0);
  });

  test('gets copies of requests that are sent again once, and of those that nobody could answer', async (t) => {
    const failing = await startRecordingTarget(t, (response) => response.writeHead(503).end());
    const copies = await startRecordingTarget(t);
    const main = { retry: { attempts: 2, initial_delay: '1ms' } };
    const retried = await startMirrored(t, { main: failing.url, copies: copies.url }, { main });
    assert.equal((await rawRequest(t, retried.port, requestText('GET', '/'))).status, 503);
    await whenCounted(retried, 1, 0);
    assert.deepEqual([failing.requests.length, copies.requests.length], [3, 1]);
    const unreachable = await startMirrored(t, { main: await startRefusedPort(t), copies: copies.url });
    assert.equal((await rawRequest(t, unreachable.port, requestText('GET', '/'))).status, 502);
    await whenCounted(unreachable, 1, 0);
  });
});
