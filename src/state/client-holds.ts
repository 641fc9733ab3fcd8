import { KeyedHash } from '../lib/hash.ts';
import { lockGroup, releaseGroupLocks } from './group-lock.ts';
import { assertWorkerIndex, holdSlots, lineBytes, slotsPerHoldGroup, type SharedState } from './layout.ts';

// How many of something each client holds at this moment, over all workers
//
// A slot is the 64-bit hash of who holds, and a 16-bit count for each worker. Eight slots make a group; the hash decides
// the group, and a holder lives nowhere but there. A slot whose counts are all zero is free, whatever hash it has: so a
// slot needs no clean-up, and what a dead worker held is given back by clearing its counts. Whatever reads or writes a
// slot holds the lock of its group, as for token buckets (see `buckets.ts`, which tells of locks, waiting and dying).
//
// Where all slots of a group are held by others, a newcomer is let by without being counted: the hash is keyed, so
// nobody can aim at a group, and refusing would let a crowd shut out those who hold nothing.

/** There are as many held as may be. */
export const holdRefused = -1;
/** Let by, though there was no room to count it; nothing is to be given back. */
export const holdUncounted = -2;

/** A slot from 0, or one of the two above. */
export type Hold = number;

/** What clients hold, counted in memory that all workers share; nothing is allocated. */
export class ClientHolds {
  readonly #column: number;
  readonly #workers: number;
  readonly #locks: Int32Array;
  readonly #hashes: Int32Array;
  /** By slot, then by worker. */
  readonly #counts: Uint16Array;
  readonly #overflows: Float64Array;
  readonly #hash: KeyedHash;

  /** `workerIndex` is the calling thread's own; no other living thread may use it. */
  constructor(state: SharedState, workerIndex: number) {
    assertWorkerIndex(state, workerIndex);
    releaseClientHolds(state, workerIndex);
    const { buffer, offsets, shape } = state;
    this.#column = workerIndex;
    this.#workers = shape.workers;
    this.#locks = locksOf(state);
    this.#hashes = new Int32Array(buffer, offsets.holdHashes, 2 * holdSlots);
    this.#counts = countsOf(state);
    this.#overflows = new Float64Array(buffer, offsets.holdOverflows + workerIndex * lineBytes, 1);
    this.#hash = new KeyedHash(state.hashSeedHigh, state.hashSeedLow);
  }

  /** Takes one more of `kind` for `client` if it then holds no more than `most` (up to 65,535). */
  take(kind: string, client: string, most: number): Hold {
    this.#hash.hash(kind + client);
    const { high, low } = this.#hash;
    const group = low & (this.#locks.length - 1);
    lockGroup(this.#locks, group, this.#column + 1);
    const hold = this.#takeIn(group, { high, low }, most);
    Atomics.store(this.#locks, group, 0);
    return hold;
  }

  #takeIn(group: number, { high, low }: { high: number; low: number }, most: number): Hold {
    let free = holdUncounted;
    const first = group * slotsPerHoldGroup;
    for (let slot = first; slot < first + slotsPerHoldGroup; slot += 1) {
      const held = this.#held(slot);
      if (held === 0) {
        if (free === holdUncounted) free = slot;
      } else if (this.#hashes[2 * slot] === high && this.#hashes[2 * slot + 1] === low) {
        return held >= most ? holdRefused : this.#add(slot, 1);
      }
    }
    if (most < 1) return holdRefused;
    if (free === holdUncounted) {
      this.#overflows[0] = (this.#overflows[0] ?? 0) + 1;
      return holdUncounted;
    }
    this.#hashes[2 * free] = high;
    this.#hashes[2 * free + 1] = low;
    return this.#add(free, 1);
  }

  /** Gives back what `take` gave, once. */
  giveBack(hold: Hold): void {
    if (hold < 0) return;
    const group = Math.floor(hold / slotsPerHoldGroup);
    lockGroup(this.#locks, group, this.#column + 1);
    this.#add(hold, -1);
    Atomics.store(this.#locks, group, 0);
  }

  #held(slot: number): number {
    let sum = 0;
    for (let at = slot * this.#workers; at < (slot + 1) * this.#workers; at += 1) sum += this.#counts[at] ?? 0;
    return sum;
  }

  #add(slot: number, delta: number): Hold {
    const at = slot * this.#workers + this.#column;
    this.#counts[at] = (this.#counts[at] ?? 0) + delta;
    return slot;
  }
}

/**
 * Gives back all that a worker held when it ended, its locks included. Call it only between the end of that worker's
 * thread and the start of its successor.
 */
export function releaseClientHolds(state: SharedState, workerIndex: number): void {
  const { workers } = state.shape;
  const counts = countsOf(state);
  // Reading does not make the system provide the memory of slots that were never used; writing would.
  for (let at = workerIndex; at < counts.length; at += workers) if (counts[at] !== 0) counts[at] = 0;
  releaseGroupLocks(locksOf(state), workerIndex + 1);
}

/** How often somebody was let by uncounted for want of room, over all workers. */
export function readHoldOverflows({ buffer, offsets, shape }: SharedState): number {
  let overflows = 0;
  for (let worker = 0; worker < shape.workers; worker += 1) {
    overflows += new Float64Array(buffer, offsets.holdOverflows + worker * lineBytes, 1)[0] ?? 0;
  }
  return overflows;
}

function locksOf({ buffer, offsets }: SharedState): Int32Array<SharedArrayBuffer> {
  return new Int32Array(buffer, offsets.holdLocks, holdSlots / slotsPerHoldGroup);
}

function countsOf({ buffer, offsets, shape }: SharedState): Uint16Array<SharedArrayBuffer> {
  return new Uint16Array(buffer, offsets.holdCounts, holdSlots * shape.workers);
}
