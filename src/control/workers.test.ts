import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { systemClock, type LogFields, type Logger } from '../core/ports.ts';
import { readTotals } from '../state/counter-totals.ts';
import { createSharedState, type SharedState } from '../state/layout.ts';
import type { Behaviour, FakeConfig } from './fixtures/fake-worker.ts';
import { replacementDelayMs } from './supervised-worker.ts';
import { Workers } from './workers.ts';

interface Bench {
  readonly workers: Workers<FakeConfig>;
  readonly state: SharedState;
  readonly begun: Int32Array;
  /** Every message so far. */
  readonly logged: { readonly message: string; readonly fields: LogFields }[];
  /** Resolves when this message is logged from now on. */
  readonly message: (text: string) => Promise<unknown>;
}

function createBench(count: number, lives: readonly Behaviour[]): Bench {
  const state = createSharedState({ workers: count, routes: 1, upstreams: 0, targets: 0, series: 8, buckets: 8 });
  const begun = new Int32Array(new SharedArrayBuffer(4 * count));
  const messages = new EventEmitter();
  const logged: { message: string; fields: LogFields }[] = [];
  const logger: Logger = {
    log(_level, message, fields = {}) {
      logged.push({ message, fields });
      messages.emit(message);
    },
  };
  const workers = new Workers<FakeConfig>(count, {
    answerKey: async ({ ask }) => ({ kind: 'key-found', ask, key: null }),
    entry: new URL('./fixtures/fake-worker.ts', import.meta.url),
    state,
    gatewaySocket: '/nowhere.sock',
    program: { version: 7, config: { lives, begun }, slots: { routes: {}, upstreams: {}, targets: {} } },
    logger,
    clock: systemClock,
  });
  return { workers, state, begun, logged, message: (text) => once(messages, text) };
}

const replaced = 'the worker that took the place of a dead one serves';
const died = 'a worker died and is replaced; its open connections are lost';

test('start waits until every worker serves, and what workers log is passed on with their index', async () => {
  const { workers, logged, message } = createBench(2, ['serve']);
  assert.deepEqual(workers.programmedVersions, [null, null]);
  const log = message('life 0');
  await workers.start();
  assert.deepEqual(workers.programmedVersions, [7, 7]);
  await log;
  assert.equal(logged[0]?.fields['socket'], '/nowhere.sock');
  await workers.drain(5_000);
  assert.deepEqual(workers.programmedVersions, [null, null]);
});

test('a worker that refuses the configuration fails the start with its reason', async () => {
  const { workers, begun } = createBench(1, ['refuse']);
  await assert.rejects(workers.start(), { name: 'StartError', message: 'port 1 cannot be opened' });
  await workers.terminate();
  assert.equal(begun[0], 1);
});

test('a worker that dies before it served fails the start and is not replaced', async () => {
  for (const [behaviour, reason] of [
    ['throw-at-start', /no luck today/],
    ['exit-at-start', /the thread ended with code 7/],
  ] as const) {
    const { workers, begun } = createBench(1, [behaviour]);
    await assert.rejects(workers.start(), reason);
    await workers.terminate();
    assert.equal(begun[0], 1);
  }
});

test('a worker that dies is logged and replaced, and its gauges start again', async () => {
  const { workers, state, begun, logged, message } = createBench(1, ['serve-and-throw', 'serve']);
  const successor = message(replaced);
  await workers.start();
  await successor;
  assert.equal(begun[0], 2);
  assert.deepEqual(workers.programmedVersions, [7]);
  assert.equal(readTotals(state).gauges.connections, 5);
  const death = logged.find((event) => event.message === died);
  assert.equal(death?.fields['worker'], 0);
  assert.equal(death?.fields['reason'], 'out of the blue');
  assert.match(String(death?.fields['stack']), /fake-worker\.ts/);
  await workers.drain(5_000);
  assert.equal(readTotals(state).gauges.connections, 0);
});

test('a successor that cannot serve is tried again', async () => {
  const { workers, begun, logged, message } = createBench(1, ['serve-and-throw', 'refuse', 'exit-at-start', 'serve']);
  const successor = message(replaced);
  await workers.start();
  await successor;
  assert.equal(begun[0], 4);
  const delays = logged.filter((event) => event.message === died).map((event) => event.fields['delayMs']);
  assert.deepEqual(delays, [0, 100, 200]);
  await workers.drain(5_000);
});

test('replacements wait 100 ms from the second early death on, doubled up to 5 s', () => {
  assert.deepEqual([1, 2, 3, 4, 7, 8, 9, 2000].map(replacementDelayMs), [0, 100, 200, 400, 3200, 5000, 5000, 5000]);
});

test('a worker that does not drain is cut off after the time given, a successor too', async (t) => {
  const { workers, logged, message } = createBench(1, ['serve-and-throw', 'ignore-drain']);
  const successor = message(replaced);
  await workers.start();
  await successor;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const drained = workers.drain(1_000);
  t.mock.timers.tick(1_499);
  assert.deepEqual(workers.programmedVersions, [7]);
  t.mock.timers.tick(1);
  await drained;
  assert.deepEqual(workers.programmedVersions, [null]);
  assert.ok(logged.some((event) => event.message === 'a worker did not stop in time and is cut off'));
});

test('a worker that waits for its replacement is not replaced once everything stops', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { workers, begun, message } = createBench(1, ['serve-and-throw']);
  const death = message(died);
  await workers.start();
  await death;
  await workers.drain(5_000);
  t.mock.timers.tick(10_000);
  await workers.terminate();
  assert.equal(begun[0], 1);
});
