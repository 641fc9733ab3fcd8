import { lineBytes, type SharedState } from './layout.ts';
import { SharedClock } from './shared-clock.ts';
import { targetLongWord as longWord, targetWord as word, wordsPerTarget } from './target-words.ts';

export const targetUnknown = 0;
export const targetHealthy = 1;
export const targetUnhealthy = 2;

export interface HealthCheckRecord {
  /** When the check ended, in milliseconds of Unix time. */
  readonly wallTimeMs: number;
  readonly durationMs: number;
}

const longWordsPerTarget = lineBytes / 8;
/** A thread may have read the clock this much later than another that looks at what it said. */
const mostSkewMs = 1000;

/** What all threads know of each target: its health, since when it is back, its last health check. */
export class TargetStates {
  readonly #words: Int32Array;
  readonly #longWords: BigInt64Array;
  readonly #changes: Int32Array;
  readonly #state: SharedState;
  #clock: { nowMicros(): number } | null;

  /** `clock` is a `SharedClock` of the state, by default one of its own. */
  constructor(state: SharedState, clock: { nowMicros(): number } | null = null) {
    const { buffer, offsets, shape } = state;
    this.#words = new Int32Array(buffer, offsets.targetStates, shape.targets * wordsPerTarget);
    this.#longWords = new BigInt64Array(buffer, offsets.targetStates, shape.targets * longWordsPerTarget);
    this.#changes = new Int32Array(buffer, offsets.targetChanges, 1);
    this.#state = state;
    this.#clock = clock;
  }

  /**
   * Another number whenever it has changed which targets get requests: whoever remembers what it found out of them looks
   * again then. To be read before what is remembered.
   */
  changes(): number {
    return Atomics.load(this.#changes, 0);
  }

  /** Whether that number is another one by now: a plain look, since nothing else is read beside it. */
  hasChangedSince(changes: number): boolean {
    return this.#changes[0] !== changes;
  }

  noteChange(): void {
    Atomics.add(this.#changes, 0, 1);
  }

  /** `targetUnknown` until it is set. */
  health(targetSlot: number): number {
    return Atomics.load(this.#words, targetSlot * wordsPerTarget + word.health);
  }

  /** A target that was unhealthy and is healthy now is back from this moment on. */
  setHealth(targetSlot: number, health: number): void {
    const at = targetSlot * wordsPerTarget + word.health;
    const before = Atomics.load(this.#words, at);
    if (before === health) return;
    if (before === targetUnhealthy && health === targetHealthy) this.markBack(targetSlot);
    Atomics.store(this.#words, at, health);
    this.noteChange();
  }

  /** The target gets requests from now on and did not before, so it may begin slowly. */
  markBack(targetSlot: number): void {
    Atomics.store(this.#words, targetSlot * wordsPerTarget + word.backSince, this.#nowMs() || 1);
    this.noteChange();
  }

  /**
   * For how many milliseconds the target has been back, where that is less than `withinMs`; null where it has been for
   * longer, or was never away.
   */
  backForMs(targetSlot: number, withinMs: number): number | null {
    const since = Atomics.load(this.#words, targetSlot * wordsPerTarget + word.backSince);
    if (since === 0) return null;
    const forMs = (this.#nowMs() - since) >>> 0;
    if (forMs < withinMs) return forMs;
    return forMs >= 2 ** 32 - mostSkewMs ? 0 : null;
  }

  /** Its slow start is over: in some weeks the moment that it began would come up again. */
  forgetBack(targetSlot: number): void {
    const at = targetSlot * wordsPerTarget + word.backSince;
    if (Atomics.load(this.#words, at) !== 0) Atomics.store(this.#words, at, 0);
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

  /**
   * The target is as one that nobody has tried yet, but for the requests in flight to it. Only the thread that checks
   * health may call this.
   */
  forget(targetSlot: number): void {
    const start = targetSlot * wordsPerTarget;
    for (const at of [word.checkSequence, word.outlier, word.cost, word.backSince]) {
      Atomics.store(this.#words, start + at, 0);
    }
    Atomics.store(this.#words, start + word.health, targetUnknown);
    this.noteChange();
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

  /** A whole number of 32 bits, which begins again after 2^32. */
  #nowMs(): number {
    this.#clock ??= new SharedClock(this.#state);
    return Math.floor(this.#clock.nowMicros() / 1000) | 0;
  }
}
