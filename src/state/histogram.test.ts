import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runHammers } from './fixtures/run-hammers.ts';
import { bucketIndex } from './histogram-buckets.ts';
import { quantile, readRequestHistogram, readUpstreamHistogram, WorkerHistograms } from './histogram.ts';
import { createSharedState } from './layout.ts';

const shape = { workers: 3, routes: 4, upstreams: 2, targets: 1, series: 1, buckets: 8 };

test('routes and upstreams have rows of their own, added up over workers', () => {
  const state = createSharedState(shape);
  new WorkerHistograms(state, 0).recordRequest(3, 1000);
  new WorkerHistograms(state, 2).recordRequest(3, 1001.5);
  new WorkerHistograms(state, 1).recordUpstream(0, 50);
  const requests = readRequestHistogram(state, 3);
  assert.equal(requests.count, 2);
  assert.equal(requests.sumMicroseconds, 2001.5);
  assert.equal(requests.buckets[bucketIndex(1000)], 2);
  const upstreams = readUpstreamHistogram(state, 0);
  assert.deepEqual([upstreams.count, upstreams.sumMicroseconds, upstreams.buckets[50]], [1, 50, 1]);
  assert.equal(readRequestHistogram(state, 2).count, 0);
  assert.equal(readUpstreamHistogram(state, 1).count, 0);
});

test('quantiles are within 2 % of the true ones', () => {
  const state = createSharedState(shape);
  const histograms = new WorkerHistograms(state, 0);
  const durations = Array.from({ length: 5000 }, (_, index) => Math.floor(3 * 1.003 ** index)).sort((a, b) => a - b);
  for (const duration of durations) histograms.recordRequest(1, duration);
  const totals = readRequestHistogram(state, 1);
  for (const q of [0, 0.001, 0.25, 0.5, 0.95, 0.99, 1]) {
    const exact = durations[Math.max(0, Math.ceil(q * durations.length) - 1)] ?? NaN;
    assert.ok(Math.abs(quantile(totals, q) - exact) <= 0.02 * exact, `${q}: ${quantile(totals, q)} for ${exact}`);
  }
  assert.ok(Number.isNaN(quantile(readRequestHistogram(state, 0), 0.5)));
});

test('a duration that is no number is counted but spoils no sum', () => {
  const state = createSharedState(shape);
  const histograms = new WorkerHistograms(state, 0);
  for (const duration of [NaN, -5, Infinity, 10]) histograms.recordRequest(1, duration);
  const { count, sumMicroseconds } = readRequestHistogram(state, 1);
  assert.deepEqual([count, sumMicroseconds], [4, 10]);
});

test('slots that do not exist are not recorded, and refused when read', () => {
  const state = createSharedState(shape);
  const histograms = new WorkerHistograms(state, 0);
  histograms.recordRequest(4, 10);
  histograms.recordRequest(-1, 10);
  histograms.recordUpstream(2, 10);
  assert.ok(new Uint32Array(state.buffer, state.offsets.histograms).every((word) => word === 0));
  assert.throws(() => readRequestHistogram(state, 4), /Route slot 4 is not below 4/);
  assert.throws(() => readUpstreamHistogram(state, 2), /Upstream slot 2 is not below 2/);
  assert.throws(() => new WorkerHistograms(state, 3), /Worker 3 has no region/);
});

test('workers that record at once add up exactly', async () => {
  const state = createSharedState(shape);
  await runHammers(state, 3, { kind: 'histograms', turns: 20_000 });
  const requests = readRequestHistogram(state, 1);
  assert.equal(requests.count, 60_000);
  assert.equal(requests.sumMicroseconds, 3 * ((20_000 * 20_001) / 2));
  assert.equal(
    requests.buckets.reduce((sum, bucket) => sum + bucket, 0),
    60_000,
  );
  assert.equal(readUpstreamHistogram(state, 0).buckets[7], 60_000);
});
