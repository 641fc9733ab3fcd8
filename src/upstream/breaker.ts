import {
  controlWord,
  countMask,
  countTrip,
  generationOf,
  nextGeneration,
  noteFailure,
  openedAtMs,
  phaseClosed,
  phaseHalfOpen,
  phaseMask,
  phaseOpen,
  SuccessRun,
  viewBreaker,
  type BreakerWords,
} from '../state/breaker-state.ts';
import { assertWorkerIndex, mostHalfOpenRequests, type SharedState } from '../state/layout.ts';
import { lookAtBreaker, type BreakerLook } from './breaker-look.ts';

// How the circuit breaker of an upstream moves
//
//                  maxFailures failures in a row              resetTimeoutMs have passed,
//                                                             and a request asks to pass
//     ┌────────┐ ──────────────────────────────► ┌──────┐ ──────────────────────────────► ┌───────────┐
//     │ closed │                                 │ open │                                 │ half-open │
//     └────────┘                                 └──────┘ ◄────────────────────────────── └───────────┘
//         ▲                                                          any failure                │
//         └─────────────────────────────────────────────────────────────────────────────────────┘
//                                    successThreshold successes in a row
//
// Closed, every request passes; a success sets the failures in a row back to 0. Open, none does. Half-open, at most
// `halfOpenRequests` are under way at once, over all workers. A reset closes it from anywhere.
//
// Each arrow is one compare-and-swap of the control word (see `state/breaker-state.ts`), and begins a new generation.
// So of several workers that see the last failure or the end of the time-out together, exactly one makes the change, and
// one trip is counted once. The others find another word than they looked at, and look again.
//
// Who may pass is told by a permit, which carries the generation. The outcome of a request counts only while that
// generation lasts: an answer to a request that was let through before the breaker opened says nothing about how the
// upstream is after it, and must neither close nor open it.
//
// A permit of half-open carries its slot too. It is taken in two steps, first the slot and then a second look at the
// control word. If the generation is over by then, the slot goes back and the whole question is asked anew. Whatever the
// outcome, and however late, the slot is given back last, after the outcome has been counted.
//
// Dying. A worker can be terminated between any two steps. Its slots carry its number and are freed by
// `releaseBreakerSlots`; the moment of opening that it could not say any more, another says. What may be lost is one
// trip in the metric.

export interface BreakerOptions {
  /** Failures in a row that open it: 1 to 4095. */
  readonly maxFailures: number;
  /** How long it stays open. */
  readonly resetTimeoutMs: number;
  /** Requests at once while half-open: 1 to 256. */
  readonly halfOpenRequests: number;
  /** Successes in a row that close it: 1 to 4095. */
  readonly successThreshold: number;
}

/** What `allow` answers, and what the outcome of the request is told with. A whole number; its bits are the breaker's. */
export type Permit = number;

/** Its phase is none that there is, so telling an outcome with it changes nothing. */
export const refusedPermit: Permit = -1;

const noSlot = -1;
const generationMask = ~countMask;
/** While half-open, a slot may come free at any moment; until then there is nothing to count down to. */
const halfOpenRetryMs = 1000;

/**
 * One worker's hold of an upstream's circuit breaker, which all workers share. Each permit that was not refused is
 * answered by exactly one of `onSuccess`, `onFailure` and `onAbandoned`, on this breaker or on one that was made for the
 * same upstream and worker later.
 */
export class Breaker {
  readonly #shared: BreakerWords;
  readonly #words: Int32Array;
  readonly #run: SuccessRun;
  readonly #owner: number;
  readonly #options: BreakerOptions;
  readonly #clock: { nowMicros(): number };
  /** What `openedAtMs` said last, and for which generation: while open, refusing costs no look at the 64-bit word. */
  #openedGeneration = -1;
  #openedMs = 0;

  /** `workerIndex` is the calling thread's own. Throws a RangeError that names the option which is out of its range. */
  constructor(init: {
    state: SharedState;
    workerIndex: number;
    upstreamSlot: number;
    options: BreakerOptions;
    /** A `SharedClock` of the state. */
    clock: { nowMicros(): number };
  }) {
    assertOptions(init.options);
    assertWorkerIndex(init.state, init.workerIndex);
    this.#shared = viewBreaker(init.state, init.upstreamSlot);
    this.#words = this.#shared.words;
    this.#run = new SuccessRun(init.state, init.workerIndex, init.upstreamSlot);
    this.#owner = init.workerIndex + 1;
    this.#options = init.options;
    this.#clock = init.clock;
  }

  /** Asks for one request to pass: a permit, or `refusedPermit`. */
  allow(): Permit {
    // A plain look is enough: what an atomic one adds is an order among several words, and this is the only one.
    const control = this.#words[controlWord] ?? phaseOpen;
    return (control & phaseMask) === phaseClosed ? control & generationMask : this.#allowUnlessOpen(control);
  }

  /** How long a refused request should wait, in whole milliseconds; 0 when it would not be refused for being open now. */
  retryAfterMs(): number {
    const control = Atomics.load(this.#words, controlWord);
    const { resetTimeoutMs } = this.#options;
    switch (control & phaseMask) {
      case phaseOpen: {
        const leftMs = Math.ceil((this.#dueMicros(control) - this.#clock.nowMicros()) / 1000);
        return Math.min(resetTimeoutMs, Math.max(0, leftMs));
      }
      case phaseHalfOpen:
        return Math.min(resetTimeoutMs, halfOpenRetryMs);
      default:
        return 0;
    }
  }

  /** What `allow` would answer now, and why; nothing changes. */
  look(): BreakerLook {
    return lookAtBreaker(this.#shared, this.#options, this.#clock.nowMicros());
  }

  /** The upstream answered, with less than 500. */
  onSuccess(permit: Permit): void {
    const phase = permit & phaseMask;
    if (phase === phaseClosed) {
      this.#clearFailures(permit);
    } else if (phase === phaseHalfOpen) {
      this.#countHalfOpenSuccess(permit);
      this.#giveSlotBack(permit);
    }
  }

  /** The upstream answered with 500 or more, too late, or not at all. */
  onFailure(permit: Permit): void {
    const phase = permit & phaseMask;
    if (phase === phaseClosed) {
      this.#fail(permit, this.#options.maxFailures);
    } else if (phase === phaseHalfOpen) {
      this.#fail(permit, 1);
      this.#giveSlotBack(permit);
    }
  }

  /** Nobody knows what would have come: the client went away. Counts neither way. */
  onAbandoned(permit: Permit): void {
    if ((permit & phaseMask) === phaseHalfOpen) this.#giveSlotBack(permit);
  }

  #allowUnlessOpen(seen: number): Permit {
    let control = seen;
    for (;;) {
      const phase = control & phaseMask;
      if (phase === phaseClosed) return control & generationMask;
      if (phase === phaseOpen) {
        if (this.#clock.nowMicros() < this.#dueMicros(control)) return refusedPermit;
        Atomics.compareExchange(this.#words, controlWord, control, nextGeneration(control, phaseHalfOpen, 0));
        control = Atomics.load(this.#words, controlWord);
        continue;
      }
      const slot = this.#takeSlot();
      const after = Atomics.load(this.#words, controlWord);
      if (isSameGeneration(after, control)) {
        return slot === noSlot ? refusedPermit : (control & generationMask) | slot;
      }
      if (slot !== noSlot) this.#giveSlotBack(slot);
      control = after;
    }
  }

  #takeSlot(): number {
    const { slots } = this.#shared;
    for (let slot = 0; slot < this.#options.halfOpenRequests; slot += 1) {
      if (Atomics.compareExchange(slots, slot, 0, this.#owner) === 0) return slot;
    }
    return noSlot;
  }

  /** Takes the slot alone, or a permit that carries it. */
  #giveSlotBack(permit: Permit): void {
    Atomics.compareExchange(this.#shared.slots, permit & countMask, this.#owner, 0);
  }

  /** When an open breaker becomes half-open. */
  #dueMicros(control: number): number {
    const generation = generationOf(control);
    if (generation !== this.#openedGeneration) {
      this.#openedMs = openedAtMs(this.#shared, generation, this.#nowMs());
      this.#openedGeneration = generation;
    }
    return (this.#openedMs + this.#options.resetTimeoutMs) * 1000;
  }

  #clearFailures(permit: Permit): void {
    for (;;) {
      const control = this.#words[controlWord] ?? 0;
      // A permit of closed is the control word with no failures.
      if (control === permit) break;
      if (!isSameGeneration(control, permit)) return;
      if (Atomics.compareExchange(this.#words, controlWord, control, permit) === control) break;
    }
    this.#run.countSuccess();
  }

  #countHalfOpenSuccess(permit: Permit): void {
    for (;;) {
      const control = Atomics.load(this.#words, controlWord);
      if (!isSameGeneration(control, permit)) return;
      const enough = (control & countMask) + 1 >= this.#options.successThreshold;
      const next = enough ? nextGeneration(control, phaseClosed, 0) : control + 1;
      if (Atomics.compareExchange(this.#words, controlWord, control, next) === control) break;
    }
    this.#run.countSuccess();
  }

  /** Counts a failure of the present generation; the one that makes them `most` opens the breaker. */
  #fail(permit: Permit, most: number): void {
    const nowMs = this.#nowMs();
    for (;;) {
      const control = Atomics.load(this.#words, controlWord);
      if (!isSameGeneration(control, permit)) return;
      // While half-open, the count is one of successes.
      const failures = (control & phaseMask) === phaseClosed ? (control & countMask) + 1 : 1;
      const opens = failures >= most;
      const next = opens ? nextGeneration(control, phaseOpen, failures) : control + 1;
      if (Atomics.compareExchange(this.#words, controlWord, control, next) !== control) continue;
      noteFailure(this.#shared, nowMs);
      if (opens) {
        openedAtMs(this.#shared, generationOf(next), nowMs);
        countTrip(this.#shared);
      }
      return;
    }
  }

  /** Rounded up, so that the breaker is open for no less than its time. */
  #nowMs(): number {
    return Math.ceil(this.#clock.nowMicros() / 1000);
  }
}

function isSameGeneration(control: number, other: number): boolean {
  return generationOf(control) === generationOf(other);
}

function assertOptions(options: BreakerOptions): void {
  const ranges = [
    ['maxFailures', countMask],
    ['halfOpenRequests', mostHalfOpenRequests],
    ['successThreshold', countMask],
  ] as const;
  for (const [name, most] of ranges) {
    const value = options[name];
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new RangeError(`A circuit breaker needs ${name} to be a whole number from 1 to ${most}, not ${value}.`);
    }
  }
  const { resetTimeoutMs } = options;
  if (!(resetTimeoutMs >= 0 && resetTimeoutMs < Infinity)) {
    throw new RangeError(`A circuit breaker needs resetTimeoutMs to be a number from 0, not ${resetTimeoutMs}.`);
  }
}
