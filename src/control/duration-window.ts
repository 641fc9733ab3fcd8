import type { Clock, Logger } from '../core/ports.ts';
import { runInSlices } from '../lib/slices.ts';
import { emptyHistogram, HistogramReader, type HistogramTotals } from '../state/histogram.ts';
import { slotsInUse, type SharedState } from '../state/layout.ts';

const windowMs = 300_000;
const intervalMs = 15_000;
/** A bucket of one worker starts again at 0 after so many observations. */
const bucketRange = 2 ** 32;

interface Snapshot {
  readonly atMs: number;
  readonly buckets: Float64Array;
}

interface DurationWindowParts {
  readonly state: SharedState;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Tells the durations of the last five minutes, to the nearest 15 seconds, from those since the start. It keeps what the
 * sum over all routes was every 15 seconds: 22 histograms of 7 KiB at most, however many routes there are.
 */
export class DurationWindow {
  readonly #state: SharedState;
  readonly #reader: HistogramReader;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Oldest first. Only the first one is older than the window. */
  readonly #snapshots: Snapshot[];
  #timer: NodeJS.Timeout | undefined;
  #sampling = false;
  /** Durations were forgotten while a sample was taken: it may hold some of them. */
  #spoiled = false;

  /** Of a state that nothing has been recorded in yet. */
  constructor({ state, clock, logger }: DurationWindowParts) {
    this.#state = state;
    this.#reader = new HistogramReader(state);
    this.#clock = clock;
    this.#logger = logger;
    this.#snapshots = [{ atMs: clock.now(), buckets: emptyHistogram().buckets }];
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.sample().catch((error: unknown) => {
        this.#logger.log('error', 'recent durations could not be read', { reason: String(error) });
      });
    }, intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Notes the durations as they are now; once every 15 seconds is meant. */
  async sample(): Promise<void> {
    if (this.#sampling) return;
    this.#sampling = true;
    this.#spoiled = false;
    try {
      const { buckets } = await runInSlices(this.#addUp());
      if (this.#spoiled) return;
      const now = this.#clock.now();
      this.#snapshots.push({ atMs: now, buckets });
      while ((this.#snapshots[1]?.atMs ?? Infinity) <= now - windowMs) this.#snapshots.shift();
    } finally {
      this.#sampling = false;
    }
  }

  *#addUp(): Generator<void, HistogramTotals> {
    const totals = emptyHistogram();
    const { routes } = slotsInUse(this.#state);
    for (let slot = 0; slot < routes; slot += 1) {
      this.#reader.addRequests(slot, totals);
      yield;
    }
    return totals;
  }

  /** To be called before the durations of a route are cleared, which would otherwise look like a turn of their counters. */
  forgetRoute(routeSlot: number): void {
    this.#spoiled = true;
    const row = emptyHistogram();
    this.#reader.addRequests(routeSlot, row);
    if (row.count === 0) return;
    for (const { buckets } of this.#snapshots) {
      for (const [index, count] of row.buckets.entries()) buckets[index] = (buckets[index] ?? 0) - count;
    }
  }

  /** What of `buckets`, the sum over all routes as it is now, came within the window. */
  recent(buckets: Float64Array): Float64Array {
    const before = this.#snapshots[0]?.buckets;
    return buckets.map((count, index) => {
      const difference = count - (before?.[index] ?? 0);
      return difference < -bucketRange / 2 ? difference + bucketRange : Math.max(0, difference);
    });
  }
}
