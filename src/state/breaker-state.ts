import {
  assertWorkerIndex,
  breakerWordsOf,
  lineBytes,
  mostHalfOpenRequests,
  slotsInUse,
  type SharedState,
} from './layout.ts';
import { countInEpoch, readEpochCount } from './epoch-count.ts';

// How the words of a circuit breaker are arranged; `upstream/breaker.ts` tells how they move.
//
// Everything that a decision hangs on is in one word, the control word, so that one compare-and-swap is one transition:
//
//   bits  0–11  the count: failures in a row while closed, successes in a row while half-open, and while open the
//               failures that opened it
//   bits 12–13  the phase
//   bits 14–30  the generation, one more with every change of the phase and with every reset
//
// An outcome is only taken from a request that was let through in the present generation. For a late one to pass for a
// present one, the breaker would have to change its phase exactly 131,072 times during that request.
//
// When the breaker opened does not fit in beside these, so it has a 64-bit word, with one more than the generation that
// it is said for in its upper bits: 0 is for none. Whoever opens the breaker moves the control word first and then says
// when. If it is ended in between, whoever asks next finds no moment for this generation and says its own. So a breaker
// is never open for ever, and the moment of a generation never changes.
//
// A half-open slot is a 16-bit word that says whose it is: 0 when free, else the worker index + 1. To take it is one
// compare-and-swap, so there is no count beside it that a worker could be ended before it brought up to date, and the
// slots of a dead worker are those with its number. Slots belong to no generation: a request that was let through before
// the breaker opened again still burdens the upstream, and still counts among the N.

export const phaseClosed = 0;
export const phaseOpen = 1 << 12;
export const phaseHalfOpen = 2 << 12;
export const phaseMask = 3 << 12;
export const countMask = (1 << 12) - 1;
const generationShift = 14;
const generations = 1 << 17;
const momentBits = 46n;
const momentMask = (1n << momentBits) - 1n;

export const controlWord = 0;
const tripsWord = 1;
/** Which run of successes it is: one more with every failure and with every reset. */
const runWord = 4;
const openedLong = 1;
/** One more than the moment, in milliseconds; 0 when there was none. */
const lastFailureLong = 3;

/** The views of one upstream's breaker. */
export interface BreakerWords {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly longs: BigUint64Array<SharedArrayBuffer>;
  readonly slots: Uint16Array<SharedArrayBuffer>;
}

/** What a breaker looks like from outside. */
export interface BreakerReading {
  /** It stays `open` after its time, until a request asks to pass. */
  readonly state: 'closed' | 'open' | 'half-open';
  /** In a row while closed; while open, those that opened it; 0 while half-open. */
  readonly failures: number;
  /** Since the last failure, over all workers; while half-open, since it was. */
  readonly consecutiveSuccesses: number;
  /** Milliseconds on the state's `SharedClock`; null when nothing failed yet. */
  readonly lastFailureAtMs: number | null;
  /** How often it has opened, from half-open too. */
  readonly trips: number;
}

/** Throws a RangeError for an upstream that the memory has no room for. */
export function viewBreaker(state: SharedState, upstreamSlot: number): BreakerWords {
  const words = breakerWordsOf(state, upstreamSlot);
  return {
    words,
    longs: new BigUint64Array(words.buffer, words.byteOffset, words.length / 2),
    slots: new Uint16Array(words.buffer, words.byteOffset + lineBytes, mostHalfOpenRequests),
  };
}

export function generationOf(control: number): number {
  return control >>> generationShift;
}

/** The control word with which the next generation begins. */
export function nextGeneration(control: number, phase: number, count: number): number {
  return (((generationOf(control) + 1) % generations) << generationShift) | phase | count;
}

/**
 * When the breaker opened for this generation, in milliseconds of the shared clock. If nobody has said so yet, it is
 * `nowMs` from now on, for every thread.
 */
export function openedAtMs({ words, longs }: BreakerWords, generation: number, nowMs: number): number {
  const said = BigInt(generation) + 1n;
  for (;;) {
    const opened = Atomics.load(longs, openedLong);
    if (opened >> momentBits === said) return Number(opened & momentMask);
    // Read after `opened`, so that what is overwritten below cannot be the word of a later generation.
    if (generationOf(Atomics.load(words, controlWord)) !== generation) return nowMs;
    Atomics.compareExchange(longs, openedLong, opened, (said << momentBits) | BigInt(nowMs));
  }
}

/** When the breaker opened for this generation; null where nobody has said so yet. */
export function readOpenedAtMs({ longs }: BreakerWords, generation: number): number | null {
  const opened = Atomics.load(longs, openedLong);
  return opened >> momentBits === BigInt(generation) + 1n ? Number(opened & momentMask) : null;
}

/** Ends the run of successes. */
export function noteFailure({ words, longs }: BreakerWords, nowMs: number): void {
  Atomics.add(words, runWord, 1);
  Atomics.store(longs, lastFailureLong, BigInt(nowMs) + 1n);
}

export function countTrip({ words }: BreakerWords): void {
  Atomics.add(words, tripsWord, 1);
}

/** The successes of one worker at one upstream since the last failure of any. */
export class SuccessRun {
  readonly #breakerWords: Int32Array;
  readonly #counts: Int32Array;

  /** `workerIndex` is the calling thread's own. */
  constructor(state: SharedState, workerIndex: number, upstreamSlot: number) {
    this.#breakerWords = breakerWordsOf(state, upstreamSlot);
    this.#counts = successRunOf(state, workerIndex, upstreamSlot);
  }

  countSuccess(): void {
    // A success at the very moment of a failure counts in the run before it or after it: a plain look will do.
    countInEpoch(this.#counts, 0, this.#breakerWords[runWord] ?? 0);
  }
}

export function readBreaker(state: SharedState, upstreamSlot: number): BreakerReading {
  const { words, longs } = viewBreaker(state, upstreamSlot);
  const control = Atomics.load(words, controlWord);
  const phase = control & phaseMask;
  const count = control & countMask;
  const lastFailure = Atomics.load(longs, lastFailureLong);
  const shared = {
    lastFailureAtMs: lastFailure === 0n ? null : Number(lastFailure - 1n),
    trips: Atomics.load(words, tripsWord) >>> 0,
  };
  if (phase === phaseOpen) return { state: 'open', failures: count, consecutiveSuccesses: 0, ...shared };
  if (phase === phaseHalfOpen) return { state: 'half-open', failures: 0, consecutiveSuccesses: count, ...shared };
  const run = Atomics.load(words, runWord);
  let consecutiveSuccesses = 0;
  for (let worker = 0; worker < state.shape.workers; worker += 1) {
    consecutiveSuccesses += readEpochCount(successRunOf(state, worker, upstreamSlot), 0, run);
  }
  return { state: 'closed', failures: count, consecutiveSuccesses, ...shared };
}

/** Closes the breaker with all counts at 0, whatever it was; outcomes of requests already under way do not count. */
export function resetBreaker(state: SharedState, upstreamSlot: number): void {
  const { words } = viewBreaker(state, upstreamSlot);
  for (;;) {
    const control = Atomics.load(words, controlWord);
    const closed = nextGeneration(control, phaseClosed, 0);
    if (Atomics.compareExchange(words, controlWord, control, closed) === control) break;
  }
  Atomics.add(words, runWord, 1);
}

/**
 * Gives back the half-open slots that a worker held when it ended, at every upstream. Call it only between the end of
 * that worker's thread and the start of its successor: at any other time it would let more requests through at once
 * than were asked for.
 */
export function releaseBreakerSlots(state: SharedState, workerIndex: number): void {
  assertWorkerIndex(state, workerIndex);
  const { upstreams } = slotsInUse(state);
  for (let upstreamSlot = 0; upstreamSlot < upstreams; upstreamSlot += 1) {
    const { slots } = viewBreaker(state, upstreamSlot);
    for (let slot = 0; slot < slots.length; slot += 1) Atomics.compareExchange(slots, slot, workerIndex + 1, 0);
  }
}

function successRunOf(state: SharedState, workerIndex: number, upstreamSlot: number): Int32Array {
  assertWorkerIndex(state, workerIndex);
  const { successRuns, successRunsPerWorker } = state.offsets;
  return new Int32Array(state.buffer, successRuns + workerIndex * successRunsPerWorker + upstreamSlot * 8, 2);
}
