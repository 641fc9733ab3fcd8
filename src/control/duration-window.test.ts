import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearRouteSlot } from '../state/clear-slots.ts';
import { emptyHistogram, HistogramReader, quantile, WorkerHistograms } from '../state/histogram.ts';
import { createSharedState, type SharedState } from '../state/layout.ts';
import { DurationWindow } from './duration-window.ts';

interface Bench {
  readonly state: SharedState;
  readonly window: DurationWindow;
  /** Lets so many intervals of 15 seconds pass, with a sample at the end of each. */
  readonly pass: (intervals: number) => Promise<void>;
  /** In milliseconds. */
  readonly recentQuantile: (q: number) => number;
}

function createBench(routes = 3): Bench {
  const state = createSharedState({ workers: 2, routes, upstreams: 0, targets: 0, series: 1, buckets: 8 });
  let nowMs = 1_000;
  const clock = { now: () => nowMs, wallTime: () => 0 };
  const window = new DurationWindow({ state, clock, logger: { log: () => assert.fail('nothing is to be logged') } });
  const reader = new HistogramReader(state);
  return {
    state,
    window,
    async pass(intervals) {
      for (let interval = 0; interval < intervals; interval += 1) {
        nowMs += 15_000;
        await window.sample();
      }
    },
    recentQuantile(q) {
      const totals = emptyHistogram();
      for (let slot = 0; slot < routes; slot += 1) reader.addRequests(slot, totals);
      return quantile({ buckets: window.recent(totals.buckets) }, q) / 1_000;
    },
  };
}

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 0.02 * expected, `${actual} is not within 2 % of ${expected}`);
}

test('before the first sample all durations are recent, of every route and worker', () => {
  const { state, recentQuantile } = createBench();
  assert.ok(Number.isNaN(recentQuantile(0.5)));
  new WorkerHistograms(state, 0).recordRequest(0, 10_000);
  new WorkerHistograms(state, 1).recordRequest(2, 30_000);
  assertNear(recentQuantile(0.5), 10);
  assertNear(recentQuantile(1), 30);
});

test('durations count for five minutes, and fifteen seconds more at most', async () => {
  const { state, pass, recentQuantile } = createBench();
  const histograms = new WorkerHistograms(state, 1);
  histograms.recordRequest(1, 900_000);
  await pass(1);
  for (let count = 0; count < 10; count += 1) histograms.recordRequest(2, 5_000);
  await pass(19);
  assertNear(recentQuantile(1), 900);
  await pass(1);
  assertNear(recentQuantile(1), 5);
  await pass(1);
  assert.ok(Number.isNaN(recentQuantile(0.5)), 'all of it is older than five minutes');
  histograms.recordRequest(1, 70_000);
  assertNear(recentQuantile(0.01), 70);
});

test('quantiles of a day with a change in it are within 2 % of those of its last five minutes', async () => {
  const { state, pass, recentQuantile } = createBench();
  const histograms = new WorkerHistograms(state, 0);
  for (let interval = 0; interval < 200; interval += 1) {
    for (let count = 1; count <= 100; count += 1) histograms.recordRequest(1, (interval < 150 ? 1_000 : 7) * count);
    await pass(1);
  }
  for (const q of [0.5, 0.95, 0.99]) assertNear(recentQuantile(q), (q * 100 * 7) / 1_000);
});

test('a bucket that starts again at 0 does not spoil the window', async () => {
  const { state, pass, recentQuantile } = createBench();
  new WorkerHistograms(state, 0).recordRequest(0, 7);
  const { histograms } = state.offsets;
  const bucket = new Uint32Array(state.buffer, histograms + 2 * 8 * 3, 8);
  bucket[7] = 2 ** 32 - 1;
  await pass(25);
  for (let count = 0; count < 3; count += 1) new WorkerHistograms(state, 0).recordRequest(0, 7);
  new WorkerHistograms(state, 0).recordRequest(0, 50);
  assert.equal(bucket[7], 2);
  assertNear(recentQuantile(0.75), 0.007);
  assertNear(recentQuantile(1), 0.05);
});

test('a route that is forgotten takes nothing from the durations of the others', async () => {
  const { state, window, pass, recentQuantile } = createBench();
  const histograms = new WorkerHistograms(state, 0);
  for (let count = 0; count < 100; count += 1) histograms.recordRequest(1, 5_000);
  await pass(25);
  for (let count = 0; count < 10; count += 1) histograms.recordRequest(2, 5_000);
  await pass(1);
  window.forgetRoute(1);
  clearRouteSlot(state, 1);
  assertNear(recentQuantile(0.01), 5);
  histograms.recordRequest(1, 70_000);
  assertNear(recentQuantile(1), 70);
  assertNear(recentQuantile(0.5), 5);
  await pass(25);
  assert.ok(Number.isNaN(recentQuantile(0.5)));
});

test('a sample during which a route is forgotten is not kept', async () => {
  const { state, window, pass, recentQuantile } = createBench(5_000);
  new WorkerHistograms(state, 0).recordRequest(0, 5_000);
  const sample = pass(1);
  window.forgetRoute(0);
  clearRouteSlot(state, 0);
  await sample;
  await pass(20);
  // What it held of the forgotten route would hide this one.
  new WorkerHistograms(state, 0).recordRequest(0, 5_000);
  assertNear(recentQuantile(1), 5);
});

test('the timer takes a sample every fifteen seconds until it is stopped', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { window } = createBench();
  const sample = t.mock.method(window, 'sample', () => Promise.resolve());
  window.start();
  window.start();
  t.mock.timers.tick(15_000 * 4);
  assert.equal(sample.mock.callCount(), 4);
  window.stop();
  t.mock.timers.tick(60_000);
  assert.equal(sample.mock.callCount(), 4);
});
