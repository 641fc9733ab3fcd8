import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { documentFor } from '../support/gateway.ts';
import { plainGet, RawClient, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget } from '../support/raw-target.ts';
import { waitUntil } from '../support/wait.ts';

async function isRefused(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  const [refused] = await Promise.race([
    once(socket, 'connect').then(() => [false] as const),
    new Promise<readonly [boolean]>((resolve) => {
      socket.on('error', () => resolve([true]));
    }),
  ]);
  socket.destroy();
  return refused;
}

describe('a gateway that is told to end', () => {
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    test(`by ${signal} lets what is under way end, accepts nothing new, and ends with ${code}`, async (t) => {
      const target = await startRawTarget(t);
      const gateway = await startGatewayProcess(t, documentFor([target.url]));
      const [waiting, uploading, idle, answered] = [
        await RawClient.connect(t, gateway.port),
        await RawClient.connect(t, gateway.port),
        await RawClient.connect(t, gateway.port),
        await RawClient.connect(t, gateway.port),
      ];
      void waiting.write(plainGet);
      const first = await target.connection(0);
      await first.request();
      void uploading.write(`${requestText('POST', '/', { 'Content-Length': '10' })}12345`);
      const second = await target.connection(1);
      await second.until('the body', () => (second.received.includes('12345') ? true : null));
      void answered.write(plainGet);
      const third = await target.connection(2);
      await third.request();
      await third.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab');
      await answered.responseHead();

      gateway.child.kill(signal);
      await gateway.shows(/the gateway drains/);
      await waitUntil('connections are refused', () => isRefused(gateway.port));
      assert.equal(await idle.ended(), 'closed');
      assert.equal(gateway.child.exitCode, null);

      await first.write(okText('late'));
      const late = await waiting.response();
      assert.deepEqual([late.status, late.text, late.field('connection')], [200, 'late', 'close']);
      await uploading.write('67890');
      assert.equal((await second.request()).body.toString(), '1234567890');
      await second.write(okText('done'));
      assert.deepEqual((await uploading.response()).text, 'done');
      await third.write('cd');
      assert.equal((await answered.response()).text, 'abcd');
      for (const client of [waiting, uploading, answered]) {
        assert.equal(await client.ended(), 'closed');
        client.end();
      }
      assert.deepEqual(await gateway.ended, { code, signal: null });
      assert.match(gateway.text(), /the gateway has stopped/);
    });
  }

  test('by a second signal is at once, and an answer that ends with its connection is seen to be cut', async (t) => {
    const target = await startRawTarget(t, async (connection) => {
      await connection.request();
      await connection.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart one');
    });
    const gateway = await startGatewayProcess(t, documentFor([target.url]));
    const client = await RawClient.connect(t, gateway.port);
    void client.write('GET / HTTP/1.0\r\n\r\n');
    await client.until('the first part', () => (client.received.includes('part one') ? true : null));
    gateway.child.kill('SIGTERM');
    await gateway.shows(/the gateway drains/);
    gateway.child.kill('SIGTERM');
    assert.deepEqual(await gateway.ended, { code: 143, signal: null });
    assert.equal(await client.ended(), 'reset');
  });

  test('serves a request that was on its way on a connection that was just in use', async (t) => {
    const target = await startRawTarget(t, async (connection) => {
      for (;;) {
        await connection.request();
        await connection.write(okText('fine'));
      }
    });
    const gateway = await startGatewayProcess(t, documentFor([target.url]));
    const client = await RawClient.connect(t, gateway.port);
    assert.equal((await client.ask(plainGet)).field('connection'), undefined);
    gateway.child.kill('SIGTERM');
    await waitUntil('connections are refused', () => isRefused(gateway.port));
    assert.equal((await client.ask(plainGet)).field('connection'), 'close');
    client.end();
    assert.deepEqual(await gateway.ended, { code: 143, signal: null });
  });

  test('twice ends at once', async (t) => {
    const target = await startRawTarget(t);
    const gateway = await startGatewayProcess(t, documentFor([target.url]));
    const client = await RawClient.connect(t, gateway.port);
    void client.write(plainGet);
    await (await target.connection(0)).request();
    gateway.child.kill('SIGTERM');
    await gateway.shows(/the gateway drains/);
    const askedAt = performance.now();
    gateway.child.kill('SIGTERM');
    assert.deepEqual(await gateway.ended, { code: 143, signal: null });
    assert.ok(performance.now() - askedAt < 1_000);
    assert.equal(await client.ended(), 'reset');
  });

  test('cuts what is still under way when its time is over, and says how much', async (t) => {
    const target = await startRawTarget(t);
    const gateway = await startGatewayProcess(t, { ...documentFor([target.url]), shutdown_timeout: '300ms' });
    const waiting = await RawClient.connect(t, gateway.port);
    const answered = await RawClient.connect(t, gateway.port);
    void waiting.write(plainGet);
    await (await target.connection(0)).request();
    void answered.write(plainGet);
    const backend = await target.connection(1);
    await backend.request();
    await backend.write('HTTP/1.1 200 OK\r\n\r\nabc');
    await answered.responseHead();
    const askedAt = performance.now();
    gateway.child.kill('SIGTERM');
    assert.equal(await answered.ended(), 'reset');
    assert.equal(await waiting.ended(), 'reset');
    assert.deepEqual(await gateway.ended, { code: 143, signal: null });
    const tookMs = performance.now() - askedAt;
    assert.ok(tookMs >= 295 && tookMs < 3_000, `${tookMs} ms`);
    assert.match(gateway.text(), /2 connections were cut/);
    await backend.ended();
  });
});
