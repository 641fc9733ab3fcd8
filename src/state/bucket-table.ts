import type { LimitVerdict } from '../core/ports.ts';
import { slotsPerBucketGroup, type SharedState } from './layout.ts';
import type { Limit } from './limit.ts';

/** Where token buckets lie, and what a take of one says: `buckets.ts` tells how the table works. */
export abstract class BucketTable implements LimitVerdict {
  allowed = false;
  remaining = 0;
  resetAfterMs = 0;
  retryAfterMs = 0;
  protected readonly locks: Int32Array<SharedArrayBuffer>;
  protected readonly groupMask: number;
  /** By group: eight high halves, then eight low halves. */
  protected readonly hashes: Int32Array;
  protected readonly arrivals: Float64Array;

  constructor(state: SharedState) {
    const { buffer, offsets, shape } = state;
    this.locks = locksOf(state);
    this.groupMask = this.locks.length - 1;
    this.hashes = new Int32Array(buffer, offsets.bucketSlots, 2 * shape.buckets);
    this.arrivals = new Float64Array(buffer, offsets.bucketSlots + 8 * shape.buckets, shape.buckets);
  }

  /** The slot of a key, -1 where it has none. */
  protected find(group: number, keyHigh: number, keyLow: number): number {
    const high = group * 2 * slotsPerBucketGroup;
    const low = high + slotsPerBucketGroup;
    for (let index = 0; index < slotsPerBucketGroup; index += 1) {
      if (this.hashes[low + index] === keyLow && this.hashes[high + index] === keyHigh) {
        return group * slotsPerBucketGroup + index;
      }
    }
    return -1;
  }

  /** Says in the fields what a take of a bucket does that will be full at `arrival`. */
  protected judge(arrival: number, { emissionMicros, burst }: Limit, nowMicros: number): void {
    const start = arrival > nowMicros ? arrival : nowMicros;
    const credit = emissionMicros * burst - (start + emissionMicros - nowMicros);
    const allowed = credit >= 0;
    this.allowed = allowed;
    this.remaining = allowed ? Math.floor(credit / emissionMicros) : 0;
    this.resetAfterMs = Math.ceil((start - nowMicros + (allowed ? emissionMicros : 0)) / 1000);
    this.retryAfterMs = allowed ? 0 : Math.ceil(-credit / 1000);
  }
}

/** A word for each group of slots: 0 where nobody holds it. */
export function locksOf(state: SharedState): Int32Array<SharedArrayBuffer> {
  return new Int32Array(state.buffer, state.offsets.bucketLocks, state.shape.buckets / slotsPerBucketGroup);
}
