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
}

/** Finds whom an API key belongs to. */
export interface KeyLookup {
  /** Null for a key that nobody has. */
  find(secret: string): Consumer | null;
}

/** A capacity, and the time in which one token of it comes back. */
export interface TokenLimit {
  readonly emissionMicros: number;
  readonly burst: number;
}

/** Token buckets of one limit, shared by all workers. The verdict of a take stands in the fields until the next one. */
export interface Limiter {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly resetAfterMs: number;
  readonly retryAfterMs: number;
  /** Takes a token of `subject`'s bucket if there is one. */
  take(subject: string): boolean;
}

export interface LimiterFactory {
  /** Limiters of different scopes have different buckets for the same subject. */
  create(scope: string, limit: TokenLimit): Limiter;
}
