import { bucketIndex, bucketLowerBound, bucketsPerHistogram, bucketUpperBound } from './histogram-buckets.ts';
import { assertWorkerIndex, type SharedState } from './layout.ts';

export interface HistogramTotals {
  count: number;
  sumMicroseconds: number;
  /** Observations by bucket index; see `bucketLowerBound` and `bucketUpperBound` for what each one holds. */
  buckets: Float64Array;
}

interface Region {
  /** Count and sum, in turn, of every row: the routes and then the upstreams. */
  readonly sums: Float64Array;
  readonly buckets: Uint32Array;
}

/**
 * The durations that one worker saw, in words that only it writes: no atomics, no allocation. A slot that the state has
 * no room for is not recorded. A 32-bit bucket starts again at 0 after 2^32 observations of about the same duration by
 * one worker on one row; count and sum do not.
 */
export class WorkerHistograms {
  readonly #sums: Float64Array;
  readonly #buckets: Uint32Array;
  readonly #routes: number;
  readonly #upstreams: number;

  constructor(state: SharedState, workerIndex: number) {
    assertWorkerIndex(state, workerIndex);
    const { sums, buckets } = regionOf(state, workerIndex);
    this.#sums = sums;
    this.#buckets = buckets;
    this.#routes = state.shape.routes;
    this.#upstreams = state.shape.upstreams;
  }

  recordRequest(routeSlot: number, microseconds: number): void {
    if (routeSlot >= 0 && routeSlot < this.#routes) this.#record(routeSlot, microseconds);
  }

  recordUpstream(upstreamSlot: number, microseconds: number): void {
    if (upstreamSlot >= 0 && upstreamSlot < this.#upstreams) this.#record(this.#routes + upstreamSlot, microseconds);
  }

  #record(row: number, microseconds: number): void {
    const bucket = row * bucketsPerHistogram + bucketIndex(microseconds);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#sums[2 * row] = (this.#sums[2 * row] ?? 0) + 1;
    // One value that is no number would spoil the sum for good.
    if (microseconds > 0 && microseconds < Infinity) {
      this.#sums[2 * row + 1] = (this.#sums[2 * row + 1] ?? 0) + microseconds;
    }
  }
}

/** Adds the durations of rows up over all workers, with nothing to be set up for each row. */
export class HistogramReader {
  readonly #regions: readonly Region[];
  readonly #routes: number;
  readonly #upstreams: number;

  constructor(state: SharedState) {
    this.#regions = Array.from({ length: state.shape.workers }, (_, worker) => regionOf(state, worker));
    this.#routes = state.shape.routes;
    this.#upstreams = state.shape.upstreams;
  }

  /** Adds the durations of a route's requests to `totals`. Throws a RangeError for a slot that does not exist. */
  addRequests(routeSlot: number, totals: HistogramTotals): void {
    assertSlot(routeSlot, this.#routes, 'Route');
    this.#addRow(routeSlot, totals);
  }

  /** Adds the durations of an upstream's answers to `totals`. Throws a RangeError for a slot that does not exist. */
  addUpstream(upstreamSlot: number, totals: HistogramTotals): void {
    assertSlot(upstreamSlot, this.#upstreams, 'Upstream');
    this.#addRow(this.#routes + upstreamSlot, totals);
  }

  #addRow(row: number, totals: HistogramTotals): void {
    const first = row * bucketsPerHistogram;
    for (const { sums, buckets } of this.#regions) {
      const count = sums[2 * row] ?? 0;
      // A row that was never written to is the usual one among many routes.
      if (count === 0) continue;
      totals.count += count;
      totals.sumMicroseconds += sums[2 * row + 1] ?? 0;
      for (let index = 0; index < bucketsPerHistogram; index += 1) {
        totals.buckets[index] = (totals.buckets[index] ?? 0) + (buckets[first + index] ?? 0);
      }
    }
  }
}

export function emptyHistogram(): HistogramTotals {
  return { count: 0, sumMicroseconds: 0, buckets: new Float64Array(bucketsPerHistogram) };
}

/** The durations of a route's requests, over all workers. Throws a RangeError for a slot that does not exist. */
export function readRequestHistogram(state: SharedState, routeSlot: number): HistogramTotals {
  const totals = emptyHistogram();
  new HistogramReader(state).addRequests(routeSlot, totals);
  return totals;
}

/** The durations of an upstream's answers, over all workers. Throws a RangeError for a slot that does not exist. */
export function readUpstreamHistogram(state: SharedState, upstreamSlot: number): HistogramTotals {
  const totals = emptyHistogram();
  new HistogramReader(state).addUpstream(upstreamSlot, totals);
  return totals;
}

/**
 * The duration in microseconds that a share `q` (0 to 1) of the observations do not exceed, as the middle of its bucket:
 * within 1.6 %. NaN when nothing has been observed.
 */
export function quantile({ buckets }: Pick<HistogramTotals, 'buckets'>, q: number): number {
  let observations = 0;
  for (const bucket of buckets) observations += bucket;
  if (observations === 0) return NaN;
  const rank = Math.min(observations, Math.max(1, Math.ceil(q * observations)));
  let seen = 0;
  let index = -1;
  while (seen < rank) {
    index += 1;
    seen += buckets[index] ?? 0;
  }
  return (bucketLowerBound(index) + bucketUpperBound(index) - 1) / 2;
}

/** Forgets the durations of a route's requests. No worker may record any meanwhile. */
export function clearRequestHistogram(state: SharedState, routeSlot: number): void {
  clearRow(state, routeSlot);
}

/** Forgets the durations of an upstream's answers. No worker may record any meanwhile. */
export function clearUpstreamHistogram(state: SharedState, upstreamSlot: number): void {
  clearRow(state, state.shape.routes + upstreamSlot);
}

function clearRow(state: SharedState, row: number): void {
  for (let worker = 0; worker < state.shape.workers; worker += 1) {
    const { sums, buckets } = regionOf(state, worker);
    sums.fill(0, 2 * row, 2 * row + 2);
    buckets.fill(0, row * bucketsPerHistogram, (row + 1) * bucketsPerHistogram);
  }
}

function regionOf(state: SharedState, workerIndex: number): Region {
  const rows = state.shape.routes + state.shape.upstreams;
  const start = state.offsets.histograms + workerIndex * state.offsets.histogramsPerWorker;
  return {
    sums: new Float64Array(state.buffer, start, 2 * rows),
    buckets: new Uint32Array(state.buffer, start + 2 * 8 * rows, rows * bucketsPerHistogram),
  };
}

function assertSlot(slot: number, slots: number, what: string): void {
  if (!Number.isInteger(slot) || slot < 0 || slot >= slots) {
    throw new RangeError(`${what} slot ${slot} is not below ${slots}.`);
  }
}
