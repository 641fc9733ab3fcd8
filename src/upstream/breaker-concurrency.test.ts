import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { readBreaker, releaseBreakerSlots, viewBreaker } from '../state/breaker-state.ts';
import type { HammerStart } from '../state/fixtures/hammer-jobs.ts';
import { runThreads } from '../state/fixtures/run-hammers.ts';
import { createSharedState, type SharedState } from '../state/layout.ts';
import { Breaker, refusedPermit, type BreakerOptions } from './breaker.ts';
import { roundMs, type HammerJob } from './fixtures/hammer-jobs.ts';

const shape = { workers: 5, routes: 1, upstreams: 1, targets: 1, series: 1, buckets: 8 };
const hammer = new URL('./fixtures/hammer.ts', import.meta.url);
/** The workers have the indexes from 0; this one is the test's own. */
const own = 4;

function createBreaker(state: SharedState, options: BreakerOptions, nowMicros: number): Breaker {
  return new Breaker({ state, workerIndex: own, upstreamSlot: 0, options, clock: { nowMicros: () => nowMicros } });
}

function openBreaker(state: SharedState, options: BreakerOptions): void {
  const breaker = createBreaker(state, options, 0);
  for (let failure = 0; failure < options.maxFailures; failure += 1) breaker.onFailure(breaker.allow());
  assert.equal(readBreaker(state, 0).state, 'open');
}

function run(state: SharedState, job: HammerJob) {
  return runThreads(hammer, { state, workers: 4, job });
}

test('with N half-open slots exactly N pass, over all workers, and failures at once are one trip', async () => {
  const rounds = 1000;
  for (const halfOpenRequests of [1, 3]) {
    const options = { maxFailures: 5, resetTimeoutMs: roundMs, halfOpenRequests, successThreshold: 2 };
    const state = createSharedState(shape);
    openBreaker(state, options);
    const results = await run(state, { kind: 'probe-rounds', options, rounds, asks: 4 });
    for (let round = 0; round < rounds; round += 1) {
      const passed = results.reduce((sum, inRounds) => sum + (inRounds[round] ?? 0), 0);
      assert.equal(passed, halfOpenRequests, `round ${round}`);
    }
    assert.equal(readBreaker(state, 0).trips, 1 + rounds);
  }
});

test('many failures at once open a closed breaker once, and not before there are enough', async () => {
  const rounds = 1000;
  const options = { maxFailures: 50, resetTimeoutMs: roundMs, halfOpenRequests: 1, successThreshold: 1 };
  const state = createSharedState(shape);
  const results = await run(state, { kind: 'trip-rounds', options, rounds, failures: 40 });
  for (let round = 0; round < rounds; round += 1) {
    const passed = results.reduce((sum, inRounds) => sum + (inRounds[round] ?? 0), 0);
    assert.ok(passed >= 50, `round ${round}: ${passed} passed`);
  }
  assert.equal(readBreaker(state, 0).trips, rounds);
});

test('on the running clock no more than N half-open requests are under way at once, and no slot is left taken', async () => {
  const options = { maxFailures: 2, resetTimeoutMs: 1, halfOpenRequests: 3, successThreshold: 2 };
  const state = createSharedState(shape);
  const watched = new SharedArrayBuffer(8);
  const results = await run(state, { kind: 'live', options, steps: 300_000, watched });
  const halfOpen = results.reduce((sum, [count]) => sum + (count ?? 0), 0);
  assert.ok(halfOpen > 100, `${halfOpen} half-open requests`);
  assert.deepEqual([...new Int32Array(watched)], [0, 3]);
  assert.ok(viewBreaker(state, 0).slots.every((owner) => owner === 0));
});

test('a worker that is ended at any moment leaves no slot taken', async () => {
  const options = { maxFailures: 1, resetTimeoutMs: 1000, halfOpenRequests: 2, successThreshold: 1 };
  const nowMicros = 2e6;
  const state = createSharedState(shape);
  openBreaker(state, options);
  const breaker = createBreaker(state, options, nowMicros);
  const slotsLeft: number[] = [];
  for (let death = 0; death < 10; death += 1) {
    const progress = new SharedArrayBuffer(4);
    const start: HammerStart<HammerJob> = {
      job: { kind: 'take-for-ever', options, nowMicros, progress },
      sharedState: state.buffer,
      workerIndex: 0,
      workers: 1,
      barrier: new SharedArrayBuffer(8),
    };
    const worker = new Worker(hammer, { workerData: start });
    while (Atomics.load(new Int32Array(progress), 0) < 1000) await nextTurn();
    await worker.terminate();
    releaseBreakerSlots(state, 0);
    const permits = Array.from({ length: 3 }, () => breaker.allow()).filter((permit) => permit !== refusedPermit);
    slotsLeft.push(permits.length);
    for (const permit of permits) breaker.onAbandoned(permit);
  }
  assert.deepEqual(slotsLeft, new Array(10).fill(2));
});
