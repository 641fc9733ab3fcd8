import { LRUCache } from 'lru-cache';
import type { Clock } from './ports.ts';

/** So many failures cost nothing: people mistype. */
const freeFailures = 5;
const firstDelayMs = 1_000;
const longestDelayMs = 16_000;
/** After so long without a failure, all of them are forgotten. */
const keptMs = 15 * 60_000;
/** What a flood from ever new networks can make the table grow to. */
const capacity = 10_000;

interface Attempts {
  readonly failures: number;
  readonly lastFailureMs: number;
  readonly waitUntilMs: number;
}

/**
 * Who has given wrong credentials how often, by network. From the fifth failure in a row on, the network has to wait
 * before it is listened to again: 1 s, then twice as long after each further failure, up to 16 s. Nobody else waits.
 *
 * Between `waitMs` and `countFailure` nothing may be awaited: then many requests at once get no more guesses than one
 * after the other.
 */
export class FailedAttempts {
  readonly #clock: Clock;
  readonly #byNetwork = new LRUCache<string, Attempts>({ max: capacity });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the network has to wait still; 0 when it may try. */
  waitMs(network: string): number {
    const attempts = this.#byNetwork.get(network);
    return attempts === undefined ? 0 : Math.max(0, attempts.waitUntilMs - this.#clock.now());
  }

  /** Says how many failures in a row that makes, and how long the network has to wait now. */
  countFailure(network: string): { readonly failures: number; readonly waitMs: number } {
    const nowMs = this.#clock.now();
    const known = this.#byNetwork.get(network);
    const failures = known === undefined || nowMs - known.lastFailureMs >= keptMs ? 1 : known.failures + 1;
    const waitMs =
      failures < freeFailures ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - freeFailures));
    this.#byNetwork.set(network, { failures, lastFailureMs: nowMs, waitUntilMs: nowMs + waitMs });
    return { failures, waitMs };
  }

  forget(network: string): void {
    this.#byNetwork.delete(network);
  }
}
