import { lineBytes } from './layout.ts';

/** What lies where in a target's line of the shared memory, in words of 32 bits; all zero at first. */
export const targetWord = {
  health: 0,
  /** See `outlier-state.ts`. */
  outlier: 1,
  checkSequence: 2,
  /** When an outlier gets requests again, in milliseconds of the shared clock. */
  ejectedUntil: 3,
  /** Since when it gets requests again, in milliseconds of the shared clock; 0 where it always did. */
  backSince: 8,
  /** See `target-costs.ts`. */
  cost: 9,
  costAt: 10,
} as const;

/** Likewise, in words of 64 bits. */
export const targetLongWord = { wallTimeMs: 2, durationMicros: 3 } as const;

export const wordsPerTarget = lineBytes / 4;
