import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { plainGet, rawRequest } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget } from '../support/raw-target.ts';
import { Crowd, forAWhile } from './crowd.ts';
import { endure } from './endure.ts';

const attackMs = 2_500;

describe('a gateway endures', () => {
  test('four thousand connections on which nothing is said', async (t) => {
    const target = await startRawTarget(t);
    await endure(t, {
      targets: [target.url],
      document: { limits: { head_timeout: '2s' } },
      peakMebibytes: 64,
      run: async ({ port, gateway }) => {
        const crowd = new Crowd(t, port);
        await crowd.open(4_000);
        await gateway.metricsWhere('all are there', (page) => page.sum('gateway_connections_total') >= 4_000);
        await crowd.allClosed();
        assert.deepEqual([crowd.closed, crowd.receivedBytes], [4_000, 0]);
      },
    });
    assert.equal(target.connections.length, 0);
  });

  test('clients that vanish after their first answer without closing their connections', async (t) => {
    const target = await startRawTarget(t, answerAlways(okText('fine')));
    await endure(t, {
      targets: [target.url],
      document: { limits: { keep_alive_timeout: '1500ms' } },
      peakMebibytes: 64,
      run: async ({ port }) => {
        const crowd = new Crowd(t, port);
        await crowd.open(500);
        crowd.send(plainGet);
        await crowd.allClosed();
        assert.deepEqual([...crowd.statuses], [['200', 500]]);
      },
    });
  });

  test('clients that close one half of their connections and keep the other', async (t) => {
    const target = await startRawTarget(t);
    await endure(t, {
      targets: [target.url],
      peakMebibytes: 48,
      run: async ({ port }) => {
        for (const begun of [
          '',
          'GET / HT',
          plainGet,
          `${plainGet.replace('GET', 'POST').slice(0, -2)}Content-Length: 9\r\n\r\nab`,
        ]) {
          const crowd = new Crowd(t, port);
          await crowd.open(100);
          crowd.send(begun);
          for (const socket of crowd.sockets) socket.end();
          await crowd.allClosed();
          assert.equal(crowd.receivedBytes, 0);
        }
        await Promise.all(target.connections.map((connection) => connection.ended()));
      },
    });
  });

  test('connections that come and go, closed and reset, faster than requests', async (t) => {
    const target = await startRawTarget(t);
    let opened = 0;
    await endure(t, {
      targets: [target.url],
      peakMebibytes: 64,
      run: async ({ port }) => {
        await forAWhile(attackMs, () => {
          for (let count = 0; count < 10; count += 1) {
            const socket = connect({ port, host: '127.0.0.1' });
            socket.on('error', () => {});
            const leave = count % 2 === 0 ? () => socket.destroy() : () => socket.resetAndDestroy();
            socket.once('connect', leave);
          }
          opened += 10;
        });
      },
    });
    t.diagnostic(`${opened} connections`);
    assert.ok(opened > 1_000);
    assert.equal(target.connections.length, 0);
  });

  test('more connections than it may have open files', async (t) => {
    const target = await startRawTarget(t, answerAlways(okText('fine')));
    await endure(t, {
      targets: [target.url],
      shutsNewcomersOut: true,
      within: ['prlimit', '--nofile=128:128'],
      document: { limits: { head_timeout: '1s' } },
      peakMebibytes: 48,
      run: async ({ port }) => {
        const crowd = new Crowd(t, port);
        await crowd.open(300);
        await crowd.allClosed();
        // There is room again, and nothing has to be started anew for it.
        assert.equal((await rawRequest(t, port, plainGet)).status, 200);
      },
    });
  });
});
