import type { Consumer, KeyLookup } from '../core/ports.ts';
import { parseStoreLocation } from '../core/store-location.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import type { StoredKey } from '../core/stored-key.ts';
import type { KeyNews } from '../core/worker-messages.ts';
import { KeyCache } from './key-cache.ts';
import { StaticKeys, type StaticKey } from './static-keys.ts';

/** What is learnt from a store that other programs may change without a word is asked for again after this time. */
const keptMs = 60_000;
/** What is learnt from a store that tells of every change, whoever makes it. */
const keptOfTellingStoreMs = 600_000;

export interface WorkerKeysOptions {
  /** Those that the configuration holds. */
  readonly fixed: readonly StaticKey[];
  /** Where the others are, as the configuration says it. */
  readonly store: string;
  /** Asks the control thread; rejects with a StoreUnavailableError where nobody can say. */
  readonly ask: (sha256: string) => Promise<StoredKey | null>;
  /** Whether keys of a store that is away are refused even where they are known. */
  readonly rejectWhileAway: boolean;
}

/**
 * All keys as one worker knows them: those of the configuration, and after them those of the store that the control
 * thread has. What is at hand of both is looked at first, so that a key in use is hashed for neither.
 */
export class WorkerKeys implements KeyLookup {
  private readonly cache: KeyCache;
  private readonly rejectWhileAway: boolean;
  private fixed: StaticKeys;
  private storeUp = true;

  constructor({ fixed, store, ask, rejectWhileAway }: WorkerKeysOptions) {
    this.cache = new KeyCache(ask, { keptMs: tellsEverything(store) ? keptOfTellingStoreMs : keptMs });
    this.rejectWhileAway = rejectWhileAway;
    this.fixed = new StaticKeys(fixed);
  }

  /** The configuration holds these keys from now on; what is known of the store stays known. */
  setFixed(fixed: readonly StaticKey[]): void {
    if (this.fixed.areThese(fixed)) return;
    this.fixed = new StaticKeys(fixed);
    // A key that is in both is from now on that of the configuration.
    if (this.cache.size > 0) for (const { sha256 } of fixed) this.cache.invalidate(sha256);
  }

  find(secret: string, nowMs: number): Consumer | null | Promise<Consumer | null> {
    const fixed = this.fixed.findKnown(secret);
    if (fixed !== null) return fixed;
    if (!this.storeUp && this.rejectWhileAway) return this.fixed.findUnknown(secret) ?? rejectStored();
    const known = this.cache.findKnown(secret, nowMs);
    if (known !== undefined) return known;
    return this.fixed.findUnknown(secret) ?? this.cache.findUnknown(secret, nowMs);
  }

  onNews(news: KeyNews): void {
    if (news.kind === 'key-changed') {
      this.cache.invalidate(news.sha256);
      return;
    }
    this.storeUp = news.kind === 'keys-reset';
    this.cache.setStoreUp(this.storeUp);
  }
}

function rejectStored(): Promise<null> {
  return Promise.reject(new StoreUnavailableError('The key store is away.'));
}

/** Redis tells what a gateway changes, and nobody else; a file and the memory of this process tell all. */
function tellsEverything(store: string): boolean {
  const location = parseStoreLocation(store);
  return !('problem' in location) && location.kind !== 'redis';
}
