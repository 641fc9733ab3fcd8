import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test } from 'node:test';
import { systemClock, type LogFields, type Logger } from '../core/ports.ts';
import { readTotals } from '../state/counter-totals.ts';
import { createSharedState, type SharedState } from '../state/layout.ts';
import type { Program } from '../core/worker-messages.ts';
import type { Behaviour, FakeConfig, Preparation } from './fixtures/fake-worker.ts';
import { replacementDelayMs } from './supervised-worker.ts';
import { Workers } from './workers.ts';

interface Bench {
  readonly workers: Workers<FakeConfig>;
  readonly state: SharedState;
  readonly begun: Int32Array;
  /** A program of this version that is made ready in this way. */
  readonly program: (version: number, preparation?: Preparation) => Program<FakeConfig>;
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
    answerKey: async ({ ask }) => ({ kind: 'key-found', ask, keys: [null] }),
    entry: new URL('./fixtures/fake-worker.ts', import.meta.url),
    state,
    gatewaySocket: '/nowhere.sock',
    program: { version: 7, config: { lives, begun }, slots: { routes: {}, upstreams: {}, targets: {} } },
    logger,
    clock: systemClock,
  });
  return {
    workers,
    state,
    begun,
    logged,
    program: (version, preparation = 'accept') => ({
      version,
      config: { lives, begun, preparation },
      slots: { routes: {}, upstreams: {}, targets: {} },
    }),
    message: (text) => once(messages, text),
  };
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

const patienceMs = 30_000;

describe('another version', () => {
  test('is made ready by every worker, and served once it is committed', async () => {
    const { workers, program } = createBench(2, ['serve']);
    await workers.start();
    assert.deepEqual(await workers.prepare(program(8), patienceMs), []);
    assert.deepEqual([workers.acceptedVersions, workers.programmedVersions].flat(), [8, 8, 7, 7]);
    workers.commit();
    assert.equal(await workers.whenProgrammed(patienceMs), true);
    assert.deepEqual([workers.acceptedVersions, workers.programmedVersions].flat(), [8, 8, 8, 8]);
    await workers.drain(5_000);
  });

  test('that a worker refuses is refused with its reason, and abandoned', async () => {
    const { workers, program, message } = createBench(2, ['serve']);
    await workers.start();
    const abandoned = message('abandoned 8');
    assert.deepEqual(await workers.prepare(program(8, 'refuse'), patienceMs), [
      'worker 0: no room for it',
      'worker 1: no room for it',
    ]);
    workers.abandon();
    await abandoned;
    assert.deepEqual(workers.programmedVersions, [7, 7]);
    // The next one is none the worse for it.
    assert.deepEqual(await workers.prepare(program(9), patienceMs), []);
    workers.commit();
    assert.equal(await workers.whenProgrammed(patienceMs), true);
    await workers.drain(5_000);
  });

  test('that has been made ready and is abandoned is ready no more', async () => {
    const { workers, program } = createBench(2, ['serve']);
    assert.deepEqual(workers.acceptedVersions, [null, null]);
    await workers.start();
    await workers.prepare(program(8), patienceMs);
    workers.abandon();
    assert.deepEqual(workers.acceptedVersions, [7, 7]);
    await workers.drain(5_000);
    assert.deepEqual(workers.acceptedVersions, [null, null]);
  });

  test('that a worker says nothing of is refused after a while', async () => {
    const { workers, program } = createBench(1, ['serve']);
    await workers.start();
    assert.deepEqual(await workers.prepare(program(8, 'silent'), 20), ['worker 0: it did not answer within 20 ms']);
    workers.abandon();
    assert.deepEqual(workers.programmedVersions, [7]);
    await workers.drain(5_000);
  });

  test('that a worker dies of is refused, and its successor serves the version before', async () => {
    const { workers, program, message, begun } = createBench(1, ['serve']);
    await workers.start();
    const successor = message(replaced);
    assert.deepEqual(await workers.prepare(program(8, 'exit'), patienceMs), [
      'worker 0: it ended: the thread ended with code 9',
    ]);
    workers.abandon();
    await successor;
    assert.deepEqual([workers.programmedVersions, begun[0]], [[7], 2]);
    await workers.drain(5_000);
  });

  test('is what the successor of a worker begins with that died between the two steps, or at the second', async () => {
    const { workers, program, begun } = createBench(1, ['serve']);
    await workers.start();
    assert.deepEqual(await workers.prepare(program(8, 'exit-at-commit'), patienceMs), []);
    workers.commit();
    assert.equal(await workers.whenProgrammed(patienceMs), true);
    assert.deepEqual([workers.programmedVersions, begun[0]], [[8], 2]);
    await workers.drain(5_000);
  });

  test('is what a worker begins with that waited for its replacement when it was prepared', async (t) => {
    const { workers, program, message } = createBench(1, ['serve-and-throw', 'serve']);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const death = message(died);
    await workers.start();
    await death;
    const prepared = workers.prepare(program(8), patienceMs);
    assert.deepEqual(await prepared, []);
    workers.commit();
    const successor = message(replaced);
    t.mock.timers.tick(10);
    await successor;
    assert.deepEqual(workers.programmedVersions, [8]);
    await workers.drain(5_000);
  });

  test('is prepared by a worker too that took the place of another meanwhile', async (t) => {
    const { workers, program, message } = createBench(1, ['serve-and-throw', 'serve']);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const death = message(died);
    await workers.start();
    await death;
    assert.deepEqual(await workers.prepare(program(8), patienceMs), []);
    const successor = message(replaced);
    t.mock.timers.tick(10);
    await successor;
    assert.deepEqual(workers.programmedVersions, [7]);
    workers.commit();
    assert.equal(await workers.whenProgrammed(patienceMs), true);
    assert.deepEqual(workers.programmedVersions, [8]);
    await workers.drain(5_000);
  });

  test('is not waited for once everything stops', async () => {
    const { workers, program } = createBench(1, ['serve']);
    await workers.start();
    const prepared = workers.prepare(program(8, 'silent'), patienceMs);
    const drained = workers.drain(5_000);
    assert.deepEqual(await prepared, ['worker 0: the gateway stops']);
    assert.deepEqual(await workers.prepare(program(9), patienceMs), ['worker 0: the gateway stops']);
    await drained;
  });
});
