import type { Issue } from '../config/issues.ts';
import type { StoredKey } from '../core/stored-key.ts';
import type { BreakerReading } from '../state/breaker-state.ts';
import type { WantedKey } from '../stores/key-secret.ts';

/** What the endpoints do with API keys. All reject with a StoreUnavailableError when the store cannot be reached. */
export interface KeyAdministration {
  /** `secret` is not to be had again. */
  create(wanted: WantedKey): Promise<{ readonly key: StoredKey; readonly secret: string }>;
  /** Newest first. */
  list(): Promise<readonly StoredKey[]>;
  /** The key as it is now, null where there is none. Every worker knows of it when this resolves. */
  revoke(id: string): Promise<StoredKey | null>;
  /** The key as it was, null where there is none. */
  delete(id: string): Promise<StoredKey | null>;
}

/** The circuit breaker of one upstream. */
export interface NamedBreaker extends Pick<BreakerReading, 'state' | 'failures' | 'consecutiveSuccesses'> {
  /** The upstream's. */
  readonly name: string;
  /** Unix time in milliseconds; null when nothing failed yet. */
  readonly lastFailureMs: number | null;
}

/** What the endpoints do with circuit breakers; an upstream without one does not appear. */
export interface BreakerAdministration {
  /** In the order of the configuration. */
  list(): readonly NamedBreaker[];
  /** Closes it with all counts at 0, and says how it is then; null where there is none of this name. */
  reset(name: string): NamedBreaker | null;
}

/** What was wrong with the configuration at the last attempt to load it. */
export interface ConfigFailure {
  /** Unix time in milliseconds. */
  readonly atMs: number;
  readonly issues: readonly Issue[];
}

/** What the endpoints do with the configuration. */
export interface ConfigAdministration {
  /** The version that each worker has made ready last, by its index; null for one that has none just now. */
  accepted(): readonly (number | null)[];
  /** The version that each worker serves, by its index; null for one that serves none just now. */
  programmed(): readonly (number | null)[];
  /** Null where the last attempt was right, or there was none. */
  failure(): ConfigFailure | null;
  /** Attempts to load it since the start, and when it was found right last, in Unix time. */
  counts(): { readonly successes: number; readonly failures: number; readonly lastSuccessMs: number };
  /** Loads it again; null when every worker serves it, otherwise what is wrong with it. */
  reload(): Promise<readonly Issue[] | null>;
}
