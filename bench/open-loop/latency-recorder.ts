import { quantile } from '../statistics.ts';

export interface LatencySummary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly mostMs: number;
}

/** Keeps every latency, so that a percentile is one that there was. Room for all of them is made at the start. */
export class LatencyRecorder {
  private readonly values: Float64Array;
  private count = 0;

  constructor(capacity: number) {
    this.values = new Float64Array(capacity);
  }

  /** Throws a RangeError when there are more than it has room for. */
  record(latencyMs: number): void {
    if (this.count >= this.values.length) throw new RangeError(`more than ${this.values.length} latencies`);
    this.values[this.count] = latencyMs;
    this.count += 1;
  }

  summarise(): LatencySummary {
    const sorted = this.values.slice(0, this.count).sort();
    return {
      count: this.count,
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
      p999Ms: quantile(sorted, 0.999),
      mostMs: quantile(sorted, 1),
    };
  }
}
