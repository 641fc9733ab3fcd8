import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { MetricsPage } from '../support/gateway.ts';
import { requestText } from '../support/raw-client.ts';
import { startRawTarget, type RawTarget, type TargetConnection } from '../support/raw-target.ts';
import { bystanderConnections } from './bystander.ts';
import { Crowd, forAWhile } from './crowd.ts';
import { startAttacked, type Attacked } from './endure.ts';

const attackMs = 1_200;

/** Of the answer that is taken a byte at a time. */
const size = 100 * 1024 * 1024;

interface Setting {
  readonly t: TestContext;
  readonly attacked: Attacked;
  readonly silent: RawTarget;
  readonly large: RawTarget;
}

async function dripHeads({ t, attacked, silent }: Setting): Promise<void> {
  await t.test('a thousand that never finish their heads, byte after byte', async (st) => {
    await attacked.attack(st, async () => {
      const crowd = new Crowd(st, attacked.port);
      await crowd.open(1_000);
      crowd.send('GET /silent/ HTTP/1.1\r\nHost: a\r\nX: ');
      let next = 0;
      await forAWhile(attackMs, () => {
        // Each of them a byte every 200 ms or so.
        for (let count = 0; count < 50; count += 1) crowd.sockets[next++ % crowd.sockets.length]?.write('x');
      });
      await crowd.allClosed();
      assert.equal(crowd.statuses.get('408'), 1_000);
    });
    assert.equal(silent.connections.length, 0);
  });
}

async function dripBodies({ t, attacked, silent }: Setting): Promise<void> {
  await t.test('hundreds that stop in the middle of their bodies, or send them byte after byte', async (st) => {
    await attacked.attack(st, async () => {
      const stopping = new Crowd(st, attacked.port);
      const dripping = new Crowd(st, attacked.port);
      await Promise.all([stopping.open(200), dripping.open(200)]);
      const head = requestText('POST', '/silent/', { 'Content-Length': '100000' });
      for (const crowd of [stopping, dripping]) crowd.send(head);
      stopping.send('x'.repeat(1_000));
      await forAWhile(attackMs, () => dripping.send('x'), 100);
      await stopping.allClosed();
      assert.equal(stopping.statuses.get('408'), 200);
      // Who goes on sending is waited for.
      assert.equal(dripping.closed, 0);
      dripping.close();
      await Promise.all(silent.connections.map((connection) => connection.ended()));
    });
    assert.equal(silent.connections.length % 400, 0);
  });
}

async function readBytes({ t, attacked, large }: Setting): Promise<void> {
  await t.test('twenty that take an answer of 100 MB a byte at a time', async (st) => {
    await attacked.attack(st, async () => {
      const clients = Array.from({ length: 20 }, () => new ByteReader(attacked.port, '/large/'));
      st.after(() => clients.forEach((client) => client.socket.destroy()));
      await forAWhile(attackMs, () => clients.forEach((client) => client.takeOne()), 5);
      // What is not taken in time is cut, and the target's connection with it.
      const areCut = (page: MetricsPage) => page.sum('gateway_connections') <= bystanderConnections;
      await attacked.gateway.metricsWhere('all of them are cut', areCut);
      await Promise.all(large.connections.map((connection) => connection.ended()));
    });
    assert.equal(large.connections.length % 20, 0);
    for (const connection of large.connections) assert.ok(sentBy(connection) < size / 4, `${sentBy(connection)}`);
  });
}

test('a gateway endures slow clients', { timeout: 120_000 }, async (t) => {
  const silent = await startRawTarget(t);
  const piece = Buffer.alloc(65_536);
  const large = await startRawTarget(t, async (connection) => {
    await connection.request();
    await connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    while (connection.ending === null) await connection.write(piece);
  });
  const upstreams = { silent: { targets: [silent.url] }, large: { targets: [large.url] } };
  const setting: Setting = { t, silent, large, attacked: await startAttacked(t, { upstreams }) };
  await dripHeads(setting);
  await dripBodies(setting);
  await readBytes(setting);
  await setting.attacked.assertUnscathed();
});

function sentBy({ socket }: TargetConnection): number {
  return socket.bytesWritten - socket.writableLength;
}

/** A client that asks the system for one byte at a time. */
class ByteReader {
  readonly socket: Socket;
  private wanted = 0;

  constructor(port: number, path: string) {
    const callback = () => {
      this.wanted -= 1;
      return this.wanted > 0;
    };
    const onread = { buffer: Buffer.alloc(1), callback };
    this.socket = connect({ port, host: '127.0.0.1', onread });
    this.socket.on('error', () => {});
    this.socket.write(requestText('GET', path));
  }

  takeOne(): void {
    this.wanted = 1;
    this.socket.resume();
  }
}
