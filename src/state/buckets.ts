import { arrivalAt, BucketTable, bucketLineOf, groupWordsOf, lockAt, tagAt } from './bucket-table.ts';
import { lockGroup } from './group-lock.ts';
import { assertWorkerIndex, slotsPerBucketGroup, type SharedState } from './layout.ts';
import type { Limit } from './limit.ts';

// How a table of token buckets works for several threads at once
//
// A bucket is one number, the theoretical arrival time (TAT) of the generic cell rate algorithm: the moment, in whole
// microseconds since the state's epoch, at which the bucket will be full again. A take moves it later by the time that
// one token needs (`emissionMicros`), and is refused if that would carry it further than `burst` such times ahead of
// now. A TAT in the past therefore says "full" and nothing else, so its slot needs no clean-up.
//
// A key is a 64-bit hash. The low half decides the group, and a key lives nowhere but in its group. A group is one cache
// line, so that a take waits for memory once: a lock word, the tags of five slots, which are the high halves of hashes,
// and their five TATs. With 131,072 groups, 49 bits of the hash tell two keys apart.
//
// The lock word is 0 when free, else the holder's worker index + 1. Whatever reads or writes a slot holds the lock of its
// group:
//
//   1. Take the lock: compare-and-swap from 0.
//   2. Look for the tag among the five slots.
//   3. Not there: claim the slot with the earliest TAT, which is the bucket nearest to full. If that TAT is in the past
//      nothing is lost. If not, all five are live, one client's past is forgotten, and that counts as an eviction. The
//      TAT is cleared first and the tag is written after it.
//   4. Judge the TAT, and move it if the take is allowed.
//   5. Give the lock back: an atomic store of 0.
//
// What follows from it. Steps 2 to 4 are one step to every other thread, so two threads cannot claim one slot for two
// keys, a key cannot come to have two slots, and no take is lost or counted twice: of a full bucket with `burst` N,
// exactly N takes pass, over all workers. The locks are sequentially consistent, so plain reads and writes are enough
// between them, and a TAT can be a Float64 that holds an integer (exact up to 2^53 µs, 285 years), with no BigInt made.
// A compare-and-swap of the TAT in a BigInt64Array would need the lock for claims all the same. It costs half as much
// again as lock and unlock where threads seldom meet, and wins only where all of them hammer one key.
//
// Waiting. A lock is held for some tens of nanoseconds, so a waiter looks again a few hundred times. If that was not
// enough, the holder has been put off its core, and the waiter sleeps in short naps to make room for it.
//
// Dying. A worker can be terminated between any two steps. Its lock then names it, and is freed by `releaseBucketLocks`
// when it is gone, which the control thread calls, and its successor's constructor too. It holds one lock at most, and
// has written down which one before it took it, so that nobody has to walk through all groups. Because of the order in
// step 3, what it may leave behind is a full bucket or a take that nobody was told of, never a bucket that refuses too
// much.
//
// Clocks. Callers pass the time in, from one monotonic clock for all threads (`SharedClock`). A thread that read the
// clock earlier than it got the lock only sees the bucket a little less full. A slot taken over after that reading gives
// back at most the tokens of those few microseconds.

/**
 * Token buckets shared by all workers, found by a 64-bit hash of their key. After `take`, the verdict stands in the
 * fields until the next one; nothing is allocated.
 *
 * A bucket belongs to one limit. If the limit of a key changes, what was taken under the old one stays taken, in time:
 * `resetAfterMs` carries over, and the tokens are those of the new limit.
 */
export class Buckets extends BucketTable {
  readonly #owner: number;
  readonly #evictions: Float64Array;
  /** The group that was locked last, plus 1. */
  readonly #locked: Int32Array;

  /** `workerIndex` is the calling thread's own; no other living thread may use it. */
  constructor(state: SharedState, workerIndex: number) {
    super(state);
    assertWorkerIndex(state, workerIndex);
    releaseBucketLocks(state, workerIndex);
    this.#owner = workerIndex + 1;
    this.#evictions = evictionsOf(state, workerIndex);
    this.#locked = lockedOf(state, workerIndex);
  }

  /** Takes one token of the key's bucket if there is one. `nowMicros` is the time of the state's `SharedClock`. */
  take(keyHigh: number, keyLow: number, limit: Limit, nowMicros: number): boolean {
    const { words, arrivals } = this;
    const group = keyLow & this.groupMask;
    const lock = lockAt(group);
    this.#locked[0] = group + 1;
    lockGroup(words, lock, this.#owner);
    let slot = this.find(group, keyHigh | 0);
    if (slot === -1) slot = this.#claim(group, keyHigh, nowMicros);
    const place = arrivalAt(group, slot);
    const arrival = arrivals[place] ?? 0;
    this.judge(arrival, limit, nowMicros);
    if (this.allowed) arrivals[place] = (arrival > nowMicros ? arrival : nowMicros) + limit.emissionMicros;
    Atomics.store(words, lock, 0);
    return this.allowed;
  }

  #claim(group: number, tag: number, nowMicros: number): number {
    const { words, arrivals } = this;
    let claimed = 0;
    let earliest = Infinity;
    for (let slot = 0; slot < slotsPerBucketGroup; slot += 1) {
      const arrival = arrivals[arrivalAt(group, slot)] ?? 0;
      if (arrival < earliest) {
        earliest = arrival;
        claimed = slot;
      }
    }
    if (earliest > nowMicros) this.#evictions[0] = (this.#evictions[0] ?? 0) + 1;
    arrivals[arrivalAt(group, claimed)] = 0;
    words[tagAt(group, claimed)] = tag;
    return claimed;
  }
}

/**
 * Frees the lock that a worker held when it ended. Call it only between the end of that worker's thread and the start of
 * its successor: at any other time it would take a lock from under a living holder.
 */
export function releaseBucketLocks(state: SharedState, workerIndex: number): void {
  const locked = lockedOf(state, workerIndex)[0] ?? 0;
  if (locked > 0) Atomics.compareExchange(groupWordsOf(state), lockAt(locked - 1), workerIndex + 1, 0);
}

/** How many live buckets were forgotten for want of room, over all workers. More than a few: make `buckets` larger. */
export function readBucketEvictions(state: SharedState): number {
  let evictions = 0;
  for (let worker = 0; worker < state.shape.workers; worker += 1) evictions += evictionsOf(state, worker)[0] ?? 0;
  return evictions;
}

function evictionsOf(state: SharedState, workerIndex: number): Float64Array {
  return new Float64Array(state.buffer, bucketLineOf(state, workerIndex), 1);
}

function lockedOf(state: SharedState, workerIndex: number): Int32Array {
  return new Int32Array(state.buffer, bucketLineOf(state, workerIndex) + 8, 1);
}
