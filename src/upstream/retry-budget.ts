import type { SharedState } from '../state/layout.ts';
import { RetryTallies } from '../state/retry-budget-state.ts';

export interface RetryBudgetOptions {
  /** Retries for each request, from 0: 0.2 is one for five. */
  readonly share: number;
  /** Retries a second that are allowed however few requests there are. */
  readonly leastPerSecond: number;
}

export const defaultRetryBudget: RetryBudgetOptions = { share: 0.2, leastPerSecond: 3 };

/** The second under way and nine before it. */
const windowSeconds = 10;

/**
 * Keeps retries from hitting a failing upstream harder than it was hit: in the last ten seconds, and over all workers,
 * there are no more of them than the larger of `leastPerSecond` and the share of the requests. Without it, three retries
 * each would make four times the load, just when the upstream cannot bear its own.
 *
 * The limit holds however many workers ask at once. One that read the clock just before the second changed may count
 * after it did, so at a change of the second there may be one too many for each other worker.
 */
export class RetryBudget {
  readonly #tallies: RetryTallies;
  readonly #options: RetryBudgetOptions;
  readonly #clock: { nowMicros(): number };

  /** `workerIndex` is the calling thread's own. Throws a RangeError for options that are not numbers from 0. */
  constructor(init: {
    state: SharedState;
    workerIndex: number;
    upstreamSlot: number;
    options: RetryBudgetOptions;
    /** A `SharedClock` of the state. */
    clock: { nowMicros(): number };
  }) {
    for (const name of ['share', 'leastPerSecond'] as const) {
      const value = init.options[name];
      if (!(value >= 0 && value < Infinity)) {
        throw new RangeError(`A retry budget needs ${name} to be a number from 0, not ${value}.`);
      }
    }
    this.#tallies = new RetryTallies(init.state, init.workerIndex, init.upstreamSlot);
    this.#options = init.options;
    this.#clock = init.clock;
  }

  /** Counts a request to the upstream: once, at its first attempt. */
  countRequest(): void {
    this.#tallies.countRequest(this.#second());
  }

  /** Asks for one retry to be made, and counts it if it may. */
  takeRetry(): boolean {
    const second = this.#second();
    const { share, leastPerSecond } = this.#options;
    const most = Math.max(leastPerSecond * windowSeconds, share * this.#tallies.requests(second, windowSeconds));
    return this.#tallies.countRetry(second, windowSeconds, most);
  }

  #second(): number {
    // An integer of 32 bits, which lasts for 68 years: the arithmetic of the rings is then that of integers.
    return (this.#clock.nowMicros() / 1e6) | 0;
  }
}
