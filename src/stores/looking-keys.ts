import type { Consumer, KeyLookup } from '../core/ports.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import type { StoredKey } from '../core/stored-key.ts';
import { KeyCache } from './key-cache.ts';
import { StaticKeys, type StaticKey } from './static-keys.ts';

/** Of keys that somebody wanted to know about. */
const mostKnown = 1_000;

export interface LookingKeysOptions {
  /** Those that the configuration holds. */
  readonly fixed: readonly StaticKey[];
  /** Rejects with a StoreUnavailableError where nobody can say. */
  readonly ask: (sha256: string) => Promise<StoredKey | null>;
  /** Whether keys of the store are refused at the moment, since it is away. */
  readonly rejects: () => boolean;
}

/**
 * All keys for somebody who wants to know how they are at the moment: the store is asked each time. What was known of a
 * key counts where the store cannot be asked, as it does in workers.
 */
export class LookingKeys implements KeyLookup {
  readonly #fixed: StaticKeys;
  readonly #cache: KeyCache;
  readonly #rejects: () => boolean;

  constructor({ fixed, ask, rejects }: LookingKeysOptions) {
    this.#fixed = new StaticKeys(fixed);
    this.#cache = new KeyCache(ask, { capacity: mostKnown });
    this.#rejects = rejects;
  }

  find(secret: string, nowMs: number): Consumer | null | Promise<Consumer | null> {
    const fixed = this.#fixed.find(secret);
    if (fixed !== null) return fixed;
    if (this.#rejects()) return Promise.reject(new StoreUnavailableError('The key store is away.'));
    this.#cache.invalidateAll();
    return this.#cache.find(secret, nowMs);
  }
}
