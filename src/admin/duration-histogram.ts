import { bucketIndex, bucketLowerBound, bucketUpperBound } from '../state/histogram-buckets.ts';
import type { HistogramTotals } from '../state/histogram.ts';
import type { Sample } from '../telemetry/prometheus.ts';

/** From a cached answer nearby to the longest that anybody waits. */
const boundsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const bounds = boundsSeconds.map((seconds) => ({
  label: String(seconds),
  /** The fine bucket that begins nearest to the bound. */
  end: nearestBucket(seconds * 1e6),
}));

function nearestBucket(microseconds: number): number {
  const index = bucketIndex(microseconds);
  const isNearerToNext = bucketUpperBound(index) - microseconds < microseconds - bucketLowerBound(index);
  return isNearerToNext ? index + 1 : index;
}

/**
 * Durations in the few buckets that a Prometheus histogram has. They are put together of fine buckets, so a duration
 * that differs from a bound by less than 1.6 % may be on the wrong side of it.
 */
export class DurationHistogram {
  count = 0;
  sumMicroseconds = 0;
  /** By bound, how many are within it. */
  readonly #within = new Float64Array(bounds.length);

  add({ buckets, sumMicroseconds }: HistogramTotals): void {
    let seen = 0;
    let index = 0;
    for (const [position, { end }] of bounds.entries()) {
      for (; index < end; index += 1) seen += buckets[index] ?? 0;
      this.#within[position] = (this.#within[position] ?? 0) + seen;
    }
    for (; index < buckets.length; index += 1) seen += buckets[index] ?? 0;
    // Not the count that stands beside the buckets: a worker that has written only one of them must not be seen.
    this.count += seen;
    this.sumMicroseconds += sumMicroseconds;
  }

  /** In seconds. */
  *samples(labels: Readonly<Record<string, string>>): Generator<Sample, void> {
    for (const [position, { label }] of bounds.entries()) {
      yield { suffix: '_bucket', labels: { ...labels, le: label }, value: this.#within[position] ?? 0 };
    }
    yield { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: this.count };
    yield { suffix: '_sum', labels, value: this.sumMicroseconds / 1e6 };
    yield { suffix: '_count', labels, value: this.count };
  }
}
