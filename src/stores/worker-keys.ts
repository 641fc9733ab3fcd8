import type { Consumer, KeyLookup } from '../core/ports.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import type { StoredKey } from '../core/stored-key.ts';
import type { KeyNews } from '../core/worker-messages.ts';
import { CombinedKeys } from './combined-keys.ts';
import { KeyCache } from './key-cache.ts';
import { StaticKeys, type StaticKey } from './static-keys.ts';

export interface WorkerKeysOptions {
  /** Those that the configuration holds. */
  readonly fixed: readonly StaticKey[];
  /** Asks the control thread; rejects with a StoreUnavailableError where nobody can say. */
  readonly ask: (sha256: string) => Promise<StoredKey | null>;
  /** Whether keys of a store that is away are refused even where they are known. */
  readonly rejectWhileAway: boolean;
}

/** All keys as one worker knows them: those of the configuration, and those of the store that the control thread has. */
export class WorkerKeys implements KeyLookup {
  private readonly cache: KeyCache;
  private readonly rejectWhileAway: boolean;
  private keys: CombinedKeys;
  private storeUp = true;

  constructor({ fixed, ask, rejectWhileAway }: WorkerKeysOptions) {
    this.cache = new KeyCache(ask);
    this.rejectWhileAway = rejectWhileAway;
    this.keys = this.combine(fixed);
  }

  /** The configuration holds these keys from now on; what is known of the store stays known. */
  setFixed(fixed: readonly StaticKey[]): void {
    this.keys = this.combine(fixed);
  }

  private combine(fixed: readonly StaticKey[]): CombinedKeys {
    return new CombinedKeys(new StaticKeys(fixed), { find: (secret, nowMs) => this.findStored(secret, nowMs) });
  }

  find(secret: string, nowMs: number): Consumer | null | Promise<Consumer | null> {
    return this.keys.find(secret, nowMs);
  }

  private findStored(secret: string, nowMs: number): Consumer | null | Promise<Consumer | null> {
    if (this.storeUp || !this.rejectWhileAway) return this.cache.find(secret, nowMs);
    return Promise.reject(new StoreUnavailableError('The key store is away.'));
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
