import type { LimitVerdict } from '../core/ports.ts';
import { bucketGroupsOf, lineBytes, slotsPerBucketGroup, type SharedState } from './layout.ts';
import type { Limit } from './limit.ts';

/** 32-bit words of a group, which fills a line: its lock, then the tags of its slots, of 12 bytes each with their TAT. */
const groupWords = lineBytes / 4;
const firstTag = 1;
/** The TATs follow, in words of 64 bits. */
const firstArrival = groupWords / 2 - slotsPerBucketGroup;

/** Where token buckets lie, and what a take of one says: `buckets.ts` tells how the table works. */
export abstract class BucketTable implements LimitVerdict {
  allowed = false;
  remaining = 0;
  resetAfterMs = 0;
  retryAfterMs = 0;
  protected readonly groupMask: number;
  protected readonly words: Int32Array<SharedArrayBuffer>;
  /** The same memory. */
  protected readonly arrivals: Float64Array;

  constructor(state: SharedState) {
    const groups = bucketGroupsOf(state.shape);
    this.groupMask = groups - 1;
    this.words = groupWordsOf(state);
    this.arrivals = new Float64Array(state.buffer, state.offsets.bucketGroups, (groups * groupWords) / 2);
  }

  /** The slot of a key within its group, -1 where it has none. */
  protected find(group: number, tag: number): number {
    const first = tagAt(group, 0);
    for (let slot = 0; slot < slotsPerBucketGroup; slot += 1) if (this.words[first + slot] === tag) return slot;
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

/** All groups as words. */
export function groupWordsOf({ buffer, offsets, shape }: SharedState): Int32Array<SharedArrayBuffer> {
  return new Int32Array(buffer, offsets.bucketGroups, bucketGroupsOf(shape) * groupWords);
}

/** Where the lock of a group lies among the words: 0 where nobody holds it. */
export function lockAt(group: number): number {
  return group * groupWords;
}

/** Where the tag of a slot lies among the words. */
export function tagAt(group: number, slot: number): number {
  return group * groupWords + firstTag + slot;
}

/** Where the TAT of a slot lies, in words of 64 bits. */
export function arrivalAt(group: number, slot: number): number {
  return group * (groupWords / 2) + firstArrival + slot;
}

/** A worker's own line: how many buckets it forgot, a Float64, and then, in 32 bits, which group it locked last, plus 1. */
export function bucketLineOf({ offsets }: SharedState, workerIndex: number): number {
  return offsets.bucketLines + workerIndex * lineBytes;
}
