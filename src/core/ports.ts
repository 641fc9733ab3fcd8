/** Milliseconds. `now` never goes backwards; `wallTime` is Unix time and may. */
export interface Clock {
  now(): number;
  wallTime(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The gateway's own log: events about itself, never one line a request. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** Someone known by an API key. */
export interface Consumer {
  /** Never changes, and is never shown as a name. */
  readonly id: string;
  /** What the key is called in logs; no secret. */
  readonly name: string;
  /** Requests a minute that this key has in place of the usual limit; null where it has no limit of its own. */
  readonly rateLimit: number | null;
  /** Names of routes and prefixes of paths that the key may use; none means all. */
  readonly permissions: readonly string[];
}

/** A consumer that a limiter keeps the hash of its id in, so that it is computed once and found where the consumer is. */
export interface CountedConsumer extends Consumer {
  /** What computed the hash; null before there is one. */
  hashedBy: object | null;
  /** 32 bits each. */
  hashHigh: number;
  hashLow: number;
}

/** Finds whom an API key belongs to. */
export interface KeyLookup {
  /**
   * Null for a key that nobody has, or that is revoked or expired at `nowMs` (Unix time). A promise only where the answer
   * is not at hand; it rejects with a StoreUnavailableError where nobody can say.
   */
  find(secret: string, nowMs: number): Consumer | null | Promise<Consumer | null>;
}

/** A capacity, and the time in which one token of it comes back. */
export interface TokenLimit {
  readonly emissionMicros: number;
  readonly burst: number;
}

/** What became of a take. */
export interface LimitVerdict {
  readonly allowed: boolean;
  /** Whole tokens left after the take. */
  readonly remaining: number;
  /** Until the bucket is full again, rounded up to whole milliseconds. */
  readonly resetAfterMs: number;
  /** Until the next token is there, rounded up to whole milliseconds; 0 when the take was allowed. */
  readonly retryAfterMs: number;
}

/** Token buckets of one limit, one for each subject. */
export interface Limiter {
  /**
   * Takes a token of `subject`'s bucket if there is one; by `limit`, where this subject has a limit of its own. Given at
   * once, the verdict may be an object that is used again: it holds until the next take of any limiter of this thread.
   * What a promise brings stays as it is; the promise rejects with a StoreUnavailableError where nobody can say.
   */
  take(subject: string, limit?: TokenLimit): LimitVerdict | Promise<LimitVerdict>;
  /** The same for a consumer, by its id. */
  takeOf?(consumer: CountedConsumer, limit?: TokenLimit): LimitVerdict | Promise<LimitVerdict>;
}

export interface LimiterFactory {
  /** Limiters of different scopes have different buckets for the same subject. */
  create(scope: string, limit: TokenLimit): Limiter;
}
