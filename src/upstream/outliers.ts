import type { LogFields } from '../core/ports.ts';
import type { SharedState } from '../state/layout.ts';
import {
  backWord,
  ejectedWord,
  failuresMask,
  longestEjectionMs,
  OutlierWords,
  phaseClaimed,
  phaseEjected,
  phaseIn,
  phaseMask,
  timesOf,
  type OutlierReading,
} from '../state/outlier-state.ts';
import { targetUnhealthy, type TargetStates } from '../state/target-states.ts';
import type { Target } from './target.ts';

// How a target that fails live requests is left out
//
//          consecutiveFailures in a row               there may be one more
//     ┌────┐ ───────────────────────► ┌─────────┐ ────────────────────────────► ┌─────────┐
//     │ in │ ◄─────────────────────── │ claimed │                               │ ejected │
//     └────┘  too many are out, or    └─────────┘                               └─────────┘
//       ▲     a request succeeded                                                    │
//       └────────────────────────────────────────────────────────────────────────────┘
//                            its time is over, and somebody looks for a target
//
// Each arrow is one compare-and-swap of the target's word (see `state/outlier-state.ts`), so of several workers that see
// the last failure together exactly one makes the change and tells the log.
//
// That there are never too many out is kept by the claim: a worker counts those that are out or claimed after it has
// claimed the target itself. Of two that claim different targets at once, at least one sees the other's claim and gives
// its own up; the next failure asks again. A worker that dies with a claim leaves it behind, and the next outcome of that
// target, whichever it is, settles it.
//
// While a target is ejected its outcomes say nothing new: they are of requests that it had before.

export interface OutlierOptions {
  /** 1 to 4095. */
  readonly consecutiveFailures: number;
  /** How long a target is left out; each further time in a row that much longer. */
  readonly ejectionTimeMs: number;
  readonly maxEjectionTimeMs: number;
  /** The part of the targets that may be out at once, from 0 to 1: at least one, and never all of those that are fit. */
  readonly maxEjected: number;
}

export interface OutliersInit {
  readonly state: SharedState;
  readonly states: TargetStates;
  /** Of one upstream. */
  readonly targets: readonly Pick<Target, 'slot' | 'url'>[];
  readonly options: OutlierOptions;
  /** A `SharedClock` of the state. */
  readonly clock: { nowMicros(): number };
  /** Told once of each change, by the worker that made it. */
  readonly tell: (level: 'info' | 'warn', message: string, fields: LogFields) => void;
}

/** One worker's eye on the targets of an upstream: which of them fail, as all workers see it together. */
export class Outliers {
  readonly #words: OutlierWords;
  readonly #states: TargetStates;
  readonly #targets: OutliersInit['targets'];
  readonly #options: OutlierOptions;
  readonly #mostOut: number;
  readonly #clock: { nowMicros(): number };
  readonly #tell: OutliersInit['tell'];

  /** Throws a RangeError for a number of failures that has no room. */
  constructor(init: OutliersInit) {
    const { consecutiveFailures, maxEjected } = init.options;
    if (!Number.isInteger(consecutiveFailures) || consecutiveFailures < 1 || consecutiveFailures > failuresMask) {
      throw new RangeError(`An outlier needs a whole number of failures from 1 to ${failuresMask}.`);
    }
    this.#words = new OutlierWords(init.state);
    this.#states = init.states;
    this.#targets = init.targets;
    this.#options = init.options;
    this.#mostOut = Math.max(1, Math.floor(maxEjected * init.targets.length));
    this.#clock = init.clock;
    this.#tell = init.tell;
  }

  /** The target answered, with less than 500. */
  onSuccess(target: Pick<Target, 'slot'>): void {
    for (;;) {
      const word = this.#words.load(target.slot);
      if (word === 0 || (word & phaseMask) === phaseEjected) return;
      if (this.#words.replace(target.slot, word, 0)) return;
    }
  }

  /** The target answered with 500 or more, too late, not well-formed, or not at all. */
  onFailure(target: Pick<Target, 'slot' | 'url'>): void {
    const { slot } = target;
    const until = this.#words.loadUntil(slot);
    for (;;) {
      const word = this.#words.load(slot);
      if ((word & phaseMask) === phaseEjected) return;
      const failures = Math.min(failuresMask, (word & failuresMask) + 1);
      const counted = (word & ~(failuresMask | phaseMask)) | failures;
      const isEnough = failures >= this.#options.consecutiveFailures;
      const next = counted | (isEnough ? phaseClaimed : phaseIn);
      if (!this.#words.replace(slot, word, next)) continue;
      if (isEnough) this.#settleClaim(target, next, until);
      return;
    }
  }

  /** For how many milliseconds the target gets no requests yet; 0 where it gets them. Changes nothing. */
  leftOutForMs(target: Pick<Target, 'slot'>): number {
    const leftMs = this.#words.leftOutForMs(target.slot, this.#nowMs());
    // It was ejected by rules that allowed for more, or so long ago that its moment comes up again.
    return leftMs > this.#options.maxEjectionTimeMs ? 0 : leftMs;
  }

  /** Lets a target back in whose time is over. Somebody has to ask, but who gets there first does not matter. */
  takeBack({ slot, url }: Pick<Target, 'slot' | 'url'>): void {
    const word = this.#words.load(slot);
    if ((word & phaseMask) !== phaseEjected || this.leftOutForMs({ slot }) > 0) return;
    if (!this.#words.replace(slot, word, backWord(word))) return;
    this.#states.markBack(slot);
    this.#tell('info', 'a target that failed gets requests again', { target: url });
  }

  read(target: Pick<Target, 'slot'>): OutlierReading {
    return { ...this.#words.read(target.slot, this.#nowMs()), leftOutForMs: this.leftOutForMs(target) };
  }

  #settleClaim(target: Pick<Target, 'slot' | 'url'>, claimed: number, until: number): void {
    const { slot, url } = target;
    if (!this.#mayEject(slot)) {
      this.#words.replace(slot, claimed, claimed & ~phaseMask);
      return;
    }
    const ejected = ejectedWord(claimed);
    const { ejectionTimeMs, maxEjectionTimeMs } = this.#options;
    const forMs = Math.min(ejectionTimeMs * timesOf(ejected), maxEjectionTimeMs, longestEjectionMs);
    // Only if nobody has said another moment since this failure began: a thread that was held up says nothing any more.
    this.#words.replaceUntil(slot, until, this.#nowMs() + Math.ceil(forMs));
    if (!this.#words.replace(slot, claimed, ejected)) return;
    this.#states.noteChange();
    this.#tell('warn', 'a target fails and gets no requests for a while', {
      target: url,
      failuresInARow: claimed & failuresMask,
      forMs,
    });
  }

  /** Whether one more may be out, which `slot` is claimed for already, and another is left that gets requests. */
  #mayEject(slot: number): boolean {
    let out = 1;
    let isOtherFit = false;
    for (const other of this.#targets) {
      if (other.slot === slot) continue;
      const isClaimed = (this.#words.load(other.slot) & phaseMask) === phaseClaimed;
      if (isClaimed || this.leftOutForMs(other) > 0) out += 1;
      else if (this.#states.health(other.slot) !== targetUnhealthy) isOtherFit = true;
    }
    return isOtherFit && out <= this.#mostOut;
  }

  #nowMs(): number {
    return Math.floor(this.#clock.nowMicros() / 1000) | 0;
  }
}
