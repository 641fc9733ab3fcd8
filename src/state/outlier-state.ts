import type { SharedState } from './layout.ts';
import { targetWord, wordsPerTarget } from './target-words.ts';

// How the words of an outlier are arranged; `upstream/outliers.ts` tells how they move.
//
// Everything but the moment is in one word, so that one compare-and-swap is one transition:
//
//   bits  0–11  failures in a row
//   bits 12–13  the phase
//   bits 14–21  how often it was ejected in a row, without a success in between
//
// A target that fails once too often is claimed before it is ejected: the claim counts among the targets that are out,
// for all that want to eject another, while the target still gets its requests.

export const failuresMask = (1 << 12) - 1;
export const phaseIn = 0;
export const phaseClaimed = 1 << 12;
export const phaseEjected = 2 << 12;
export const phaseMask = 3 << 12;
const timesShift = 14;
const mostTimes = 255;

/** The longest that a target can be left out for: half of what the moments in milliseconds go round in. */
export const longestEjectionMs = 2 ** 31 - 1;

/** An outlier at one moment. */
export interface OutlierReading {
  /** For how long it still gets no requests; 0 where it gets them. */
  readonly leftOutForMs: number;
  readonly failuresInARow: number;
  readonly timesInARow: number;
}

export function timesOf(word: number): number {
  return word >>> timesShift;
}

/** The word of a target that is ejected once more. */
export function ejectedWord(claimed: number): number {
  const times = Math.min(mostTimes, timesOf(claimed) + 1);
  return (times << timesShift) | phaseEjected | (claimed & failuresMask);
}

/** The word of a target that gets requests again. */
export function backWord(ejected: number): number {
  return timesOf(ejected) << timesShift;
}

/** The words of the outliers among all targets. */
export class OutlierWords {
  readonly #words: Int32Array;

  constructor({ buffer, offsets, shape }: SharedState) {
    this.#words = new Int32Array(buffer, offsets.targetStates, shape.targets * wordsPerTarget);
  }

  load(targetSlot: number): number {
    return Atomics.load(this.#words, targetSlot * wordsPerTarget + targetWord.outlier);
  }

  /** Whether the word was `before` and is `next` now. */
  replace(targetSlot: number, before: number, next: number): boolean {
    const at = targetSlot * wordsPerTarget + targetWord.outlier;
    return Atomics.compareExchange(this.#words, at, before, next) === before;
  }

  /** As `replaceUntil` takes it; it says nothing where the target is not ejected. */
  loadUntil(targetSlot: number): number {
    return Atomics.load(this.#words, targetSlot * wordsPerTarget + targetWord.ejectedUntil);
  }

  replaceUntil(targetSlot: number, before: number, untilMs: number): void {
    const at = targetSlot * wordsPerTarget + targetWord.ejectedUntil;
    Atomics.compareExchange(this.#words, at, before, untilMs | 0);
  }

  /** For how many milliseconds the target is still left out; 0 where its time is over, or it is not ejected. */
  leftOutForMs(targetSlot: number, nowMs: number): number {
    if ((this.load(targetSlot) & phaseMask) !== phaseEjected) return 0;
    return Math.max(0, (this.loadUntil(targetSlot) - nowMs) | 0);
  }

  read(targetSlot: number, nowMs: number): OutlierReading {
    const word = this.load(targetSlot);
    return {
      leftOutForMs: this.leftOutForMs(targetSlot, nowMs),
      failuresInARow: word & failuresMask,
      timesInARow: timesOf(word),
    };
  }
}
