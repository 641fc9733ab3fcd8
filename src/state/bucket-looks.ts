import { arrivalAt, BucketTable, lockAt } from './bucket-table.ts';
import type { Limit } from './limit.ts';

/** A take is a matter of tens of nanoseconds; a lock that is held for longer is that of a thread that was put off. */
const attempts = 1_000;

/**
 * The token buckets as they are at the moment, for whoever only wants to know: nothing in shared memory changes, no lock
 * is taken, and any thread may look. The verdict stands in the fields until the next look.
 */
export class BucketLooks extends BucketTable {
  /** Says what a take by `Buckets` would say at this moment. */
  take(keyHigh: number, keyLow: number, limit: Limit, nowMicros: number): boolean {
    const { words, arrivals } = this;
    const group = keyLow & this.groupMask;
    const lock = lockAt(group);
    const tag = keyHigh | 0;
    let arrival = 0;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const isFree = Atomics.load(words, lock) === 0;
      const slot = this.find(group, tag);
      arrival = slot === -1 ? 0 : (arrivals[arrivalAt(group, slot)] ?? 0);
      // Otherwise the slot may have become another key's between the two.
      const isSame = Atomics.load(words, lock) === 0 && this.find(group, tag) === slot;
      if (isFree && isSame) break;
    }
    this.judge(arrival, limit, nowMicros);
    return this.allowed;
  }
}
