import { lineBytes, type SharedState } from './layout.ts';

export const targetUnknown = 0;
export const targetHealthy = 1;
export const targetUnhealthy = 2;

export interface HealthCheckRecord {
  /** When the check ended, in milliseconds of Unix time. */
  readonly wallTimeMs: number;
  readonly durationMs: number;
}

const word = { health: 0, load: 1, checkSequence: 2 } as const;
const longWord = { wallTimeMs: 2, durationMicros: 3 } as const;
const wordsPerTarget = lineBytes / 4;
const longWordsPerTarget = lineBytes / 8;

/** What all threads know of each target: its health, the requests in flight to it, its last health check. */
export class TargetStates {
  readonly #words: Int32Array;
  readonly #longWords: BigInt64Array;

  constructor(state: SharedState) {
    const { buffer, offsets, shape } = state;
    this.#words = new Int32Array(buffer, offsets.targetStates, shape.targets * wordsPerTarget);
    this.#longWords = new BigInt64Array(buffer, offsets.targetStates, shape.targets * longWordsPerTarget);
  }

  /** `targetUnknown` until it is set. */
  health(targetSlot: number): number {
    return Atomics.load(this.#words, targetSlot * wordsPerTarget + word.health);
  }

  setHealth(targetSlot: number, health: number): void {
    Atomics.store(this.#words, targetSlot * wordsPerTarget + word.health, health);
  }

  /** Adds to the requests in flight. Whoever adds must take off again, whatever becomes of the request. */
  addLoad(targetSlot: number, delta: number): void {
    Atomics.add(this.#words, targetSlot * wordsPerTarget + word.load, delta);
  }

  /** Requests in flight to the target, over all workers. */
  load(targetSlot: number): number {
    return Atomics.load(this.#words, targetSlot * wordsPerTarget + word.load);
  }

  /**
   * Keeps when the last check ended, to the millisecond, and how long it took, to the microsecond. Only one thread, the
   * one that checks health, may call this.
   */
  recordCheck(targetSlot: number, record: HealthCheckRecord): void {
    const sequenceWord = targetSlot * wordsPerTarget + word.checkSequence;
    const start = targetSlot * longWordsPerTarget;
    // The sequence is odd while the two numbers are written, so that no reader pairs an old one with a new one.
    Atomics.add(this.#words, sequenceWord, 1);
    Atomics.store(this.#longWords, start + longWord.wallTimeMs, BigInt(Math.round(record.wallTimeMs)));
    Atomics.store(this.#longWords, start + longWord.durationMicros, BigInt(Math.round(record.durationMs * 1000)));
    Atomics.add(this.#words, sequenceWord, 1);
  }

  /** Null before the first check. */
  lastCheck(targetSlot: number): HealthCheckRecord | null {
    const sequenceWord = targetSlot * wordsPerTarget + word.checkSequence;
    const start = targetSlot * longWordsPerTarget;
    for (;;) {
      const before = Atomics.load(this.#words, sequenceWord);
      if (before === 0) return null;
      const wallTimeMs = Number(Atomics.load(this.#longWords, start + longWord.wallTimeMs));
      const durationMs = Number(Atomics.load(this.#longWords, start + longWord.durationMicros)) / 1000;
      if ((before & 1) === 0 && Atomics.load(this.#words, sequenceWord) === before) return { wallTimeMs, durationMs };
    }
  }
}
