import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TimerWheel } from '../lib/timer-wheel.ts';
import { turnClock } from '../lib/turn-clock.ts';
import { LiveSnapshot } from '../snapshot/live-snapshot.ts';
import { ClientHolds } from '../state/client-holds.ts';
import { WorkerCounters } from '../state/counters.ts';
import { WorkerHistograms } from '../state/histogram.ts';
import { createSharedState } from '../state/layout.ts';
import { DateField } from './date-field.ts';
import { ExchangeStock } from './exchange-stock.ts';
import { Listeners } from './listeners.ts';
import { RequestIds } from './request-ids.ts';
import type { WorkerContext } from './worker-context.ts';

const host = '127.0.0.1';

/** The listeners of a worker that has no routes: whatever is asked for is not found. */
function createBench(t: TestContext) {
  const state = createSharedState({ workers: 1, routes: 1, upstreams: 0, targets: 0, series: 8, buckets: 8 });
  const wheel = new TimerWheel({ tickMs: 20, clock: () => turnClock.refresh() });
  const ctx: WorkerContext = {
    live: new LiveSnapshot(),
    clock: turnClock,
    random: Math.random,
    wheel,
    counters: new WorkerCounters(state, 0),
    histograms: new WorkerHistograms(state, 0),
    holds: new ClientHolds(state, 0),
    requestIds: new RequestIds(),
    dateField: new DateField(turnClock),
    accessLog: null,
    connections: new Set(),
    draining: false,
    logger: { log: () => {} },
  };
  const clientTimeouts = { headMs: 60_000, bodyIdleMs: 60_000, keepAliveMs: 60_000 };
  const serve = () => {
    ctx.live.current = { ...ctx.live.current, clientTimeouts };
  };
  const listeners = new Listeners(ctx, new ExchangeStock(ctx));
  t.after(() => {
    listeners.close();
    for (const connection of ctx.connections) connection.abort();
    wheel.stop();
  });
  return { ctx, listeners, serve };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  server.close();
  await closed;
  return port;
}

async function open(t: TestContext, port: number): Promise<Socket> {
  const socket = connect({ host, port });
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString().split('\r\n', 1)[0] ?? '';
}

/** Resolves when the worker has accepted so many connections. */
async function accepted(ctx: WorkerContext, count: number): Promise<void> {
  while (ctx.connections.size < count) await nextTurn();
}

test('a connection to a listener that is prepared waits, without a deadline, and is served with the commit', async (t) => {
  const { ctx, listeners, serve } = createBench(t);
  const port = await findFreePort();
  await listeners.prepare([{ host, port }]);
  const socket = await open(t, port);
  const answered = ask(socket);
  await accepted(ctx, 1);
  ctx.wheel.advance(turnClock.refresh() + 120_000);
  assert.equal(ctx.connections.size, 1);
  serve();
  listeners.commit();
  assert.equal(await answered, 'HTTP/1.1 404 Not Found');
});

test('a listener that is not served after all turns away who has come, and frees its port', async (t) => {
  const { ctx, listeners, serve } = createBench(t);
  const [first, second] = [await findFreePort(), await findFreePort()];
  await listeners.prepare([{ host, port: first }]);
  serve();
  listeners.commit();
  const kept = await open(t, first);
  assert.equal(await ask(kept), 'HTTP/1.1 404 Not Found');
  await listeners.prepare([
    { host, port: first },
    { host, port: second },
  ]);
  const early = await open(t, second);
  await accepted(ctx, 2);
  const closed = new Promise((resolve) => early.once('close', resolve));
  listeners.abandon();
  await closed;
  await assert.rejects(open(t, second), { code: 'ECONNREFUSED' });
  assert.equal(await ask(kept), 'HTTP/1.1 404 Not Found');
});

test('where one cannot be opened none of the new ones is, and what is served stays', async (t) => {
  const { listeners, serve } = createBench(t);
  const [first, second] = [await findFreePort(), await findFreePort()];
  await listeners.prepare([{ host, port: first }]);
  serve();
  listeners.commit();
  const other = createServer().listen(0, host);
  t.after(() => other.close());
  await once(other, 'listening');
  const { port: taken } = other.address() as AddressInfo;
  const wanted = [second, taken].map((port) => ({ host, port }));
  await assert.rejects(listeners.prepare(wanted), { code: 'EADDRINUSE' });
  await assert.rejects(open(t, second), { code: 'ECONNREFUSED' });
  listeners.commit();
  assert.equal(await ask(await open(t, first)), 'HTTP/1.1 404 Not Found');
});

test('a listener that is gone ends its connections after their next answer, and no others', async (t) => {
  const { listeners, serve } = createBench(t);
  const [first, second] = [await findFreePort(), await findFreePort()];
  const both = [first, second].map((port) => ({ host, port }));
  await listeners.prepare(both);
  serve();
  listeners.commit();
  const [kept, gone] = [await open(t, first), await open(t, second)];
  for (const socket of [kept, gone]) assert.equal(await ask(socket), 'HTTP/1.1 404 Not Found');
  await listeners.prepare(both.slice(0, 1));
  listeners.commit();
  await assert.rejects(open(t, second), { code: 'ECONNREFUSED' });
  const ended = once(gone, 'end');
  gone.resume();
  assert.equal(await ask(gone), 'HTTP/1.1 404 Not Found');
  await ended;
  for (let count = 0; count < 2; count += 1) assert.equal(await ask(kept), 'HTTP/1.1 404 Not Found');
});

test('closing while one is being opened leaves none open', async (t) => {
  const { listeners } = createBench(t);
  const port = await findFreePort();
  const prepared = listeners.prepare([{ host, port }]);
  listeners.close();
  await assert.rejects(prepared, /the worker stops/);
  await assert.rejects(open(t, port), { code: 'ECONNREFUSED' });
});
