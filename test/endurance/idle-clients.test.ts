import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { rawRequest, requestText } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget } from '../support/raw-target.ts';
import { Crowd, forAWhile } from './crowd.ts';
import { startAttacked } from './endure.ts';

const attackMs = 1_200;
const askFine = requestText('GET', '/fine/');

test('a gateway endures clients that want nothing', { timeout: 120_000 }, async (t) => {
  const silent = await startRawTarget(t);
  const fine = await startRawTarget(t, answerAlways(okText('fine')));
  const upstreams = { silent: { targets: [silent.url] }, fine: { targets: [fine.url] } };
  const attacked = await startAttacked(t, { upstreams });
  const { gateway, port } = attacked;

  await t.test('four thousand connections on which nothing is said', async (st) => {
    await attacked.attack(st, async () => {
      const crowd = new Crowd(st, port);
      await crowd.open(4_000);
      await gateway.metricsWhere('all have come', (page) => page.sum('gateway_connections_total') >= 4_000);
      await crowd.allClosed();
      assert.deepEqual([crowd.closed, crowd.receivedBytes], [4_000, 0]);
    });
  });

  await t.test('clients that vanish after their first answer without closing their connections', async (st) => {
    await attacked.attack(st, async () => {
      const crowd = new Crowd(st, port);
      await crowd.open(500);
      crowd.send(askFine);
      await crowd.allClosed();
      assert.deepEqual([...crowd.statuses], [['200', 500]]);
    });
  });

  await t.test('clients that close one half of their connections and keep the other', async (st) => {
    const upload = requestText('POST', '/silent/', { 'Content-Length': '9' });
    await attacked.attack(st, async () => {
      for (const begun of ['', 'GET / HT', requestText('GET', '/silent/'), `${upload}ab`]) {
        const crowd = new Crowd(st, port);
        await crowd.open(100);
        crowd.send(begun);
        for (const socket of crowd.sockets) socket.end();
        await crowd.allClosed();
        assert.equal(crowd.receivedBytes, 0);
      }
      await Promise.all(silent.connections.map((connection) => connection.ended()));
    });
  });

  await t.test('connections that come and go, closed and reset', async (st) => {
    let opened = 0;
    await attacked.attack(st, () =>
      forAWhile(attackMs, () => {
        for (let count = 0; count < 10; count += 1) {
          const socket = connect({ port, host: '127.0.0.1' });
          socket.on('error', () => {});
          const leave = count % 2 === 0 ? () => socket.destroy() : () => socket.resetAndDestroy();
          socket.once('connect', leave);
        }
        opened += 10;
      }),
    );
    st.diagnostic(`${opened} connections`);
  });

  await attacked.assertUnscathed();
});

test('a gateway endures more connections than it may have open files', { timeout: 60_000 }, async (t) => {
  const fine = await startRawTarget(t, answerAlways(okText('fine')));
  const within = ['prlimit', '--nofile=128:128'];
  // Those that have a connection to their target already do not need another one.
  const attacked = await startAttacked(t, { upstreams: { fine: { targets: [fine.url] } }, within, idleMs: 2_000 });
  attacked.newcomersMayFail = true;
  await attacked.attack(t, async () => {
    const crowd = new Crowd(t, attacked.port);
    await crowd.open(300);
    await crowd.allClosed();
    // There is room again, and nothing has to be started anew for it.
    assert.equal((await rawRequest(t, attacked.port, askFine)).status, 200);
  });
  await attacked.assertUnscathed();
});

test('a gateway lets one client have only so many connections, and the others theirs', async (t) => {
  const attacked = await startAttacked(t, { limits: { connections_per_client: 50, head_timeout: '1s' } });
  await attacked.attack(t, async () => {
    const crowd = new Crowd(t, attacked.port, '127.0.0.2');
    await crowd.open(1_000);
    await attacked.gateway.metricsWhere('the rest is refused', (page) => {
      return page.sum('gateway_connections_refused_total') + crowd.refused >= 950;
    });
    await crowd.allClosed();
  });
  await attacked.assertUnscathed();
});
