import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyHistogram, HistogramReader, WorkerHistograms } from '../state/histogram.ts';
import { createSharedState } from '../state/layout.ts';
import { DurationHistogram } from './duration-histogram.ts';

/** The values of `le` by their counts, and the others by their suffix. */
function recordAndRead(microseconds: readonly number[]): Map<string, number> {
  const state = createSharedState({ workers: 1, routes: 1, upstreams: 0, targets: 0, series: 1, buckets: 8 });
  const histograms = new WorkerHistograms(state, 0);
  for (const duration of microseconds) histograms.recordRequest(0, duration);
  const totals = emptyHistogram();
  new HistogramReader(state).addRequests(0, totals);
  const histogram = new DurationHistogram();
  histogram.add(totals);
  return new Map(
    [...histogram.samples({ path: '/*' })].map(({ suffix = '', labels, value }) => [labels?.['le'] ?? suffix, value]),
  );
}

test('buckets are cumulative, in seconds, and the last one holds all', () => {
  const read = recordAndRead([100, 700, 40_000, 40_000, 2_000_000, 90_000_000]);
  assert.deepEqual(
    ['0.0005', '0.001', '0.025', '0.05', '1', '2.5', '60', '+Inf', '_count'].map((name) => read.get(name)),
    [1, 2, 2, 4, 4, 5, 5, 6, 6],
  );
  assert.ok(Math.abs((read.get('_sum') ?? 0) - 92.0808) < 1e-9);
});

test('a duration that differs from a bound by 1.6 % is on the right side of it', () => {
  for (const bound of [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]) {
    const micros = bound * 1e6;
    assert.equal(recordAndRead([micros * 1.016]).get(String(bound)), 0, `above ${bound}`);
    assert.equal(recordAndRead([micros / 1.016]).get(String(bound)), 1, `below ${bound}`);
  }
});
