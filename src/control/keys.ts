import { randomBytes } from 'node:crypto';
import type { Logger } from '../core/ports.ts';
import type { FindKey, KeyAnswer, KeyNews } from '../core/worker-messages.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { mostKnownKeys } from '../stores/key-cache.ts';
import { createKey, type WantedKey } from '../stores/key-secret.ts';
import type { KeyStore, StoredKey } from '../stores/key-store.ts';
import { RecentKeys } from '../stores/recent-keys.ts';

export interface ControlKeysParts {
  readonly store: KeyStore;
  /** Tells every worker. */
  readonly broadcast: (message: KeyNews) => void;
  readonly logger: Logger;
  /** Unix time in milliseconds. */
  readonly now?: () => number;
}

/**
 * The control thread's side of API keys: it alone holds the store. It answers what workers ask, tells them what changes,
 * and makes, lists, revokes and deletes keys for the admin API.
 */
export class ControlKeys {
  readonly #store: KeyStore;
  readonly #broadcast: (message: KeyNews) => void;
  readonly #logger: Logger;
  readonly #now: () => number;
  /** What workers asked for last: while the store is away, a key that one of them knows is known to all. */
  readonly #known = new RecentKeys(mostKnownKeys);

  constructor({ store, broadcast, logger, now = Date.now }: ControlKeysParts) {
    this.#store = store;
    this.#broadcast = broadcast;
    this.#logger = logger;
    this.#now = now;
    store.onChange(({ sha256 }) => {
      this.#known.delete(sha256);
      broadcast({ kind: 'key-changed', sha256 });
    });
    store.onStateChange((up) => broadcast({ kind: up ? 'keys-reset' : 'key-store-lost' }));
  }

  /** Rejects with a StoreUnavailableError where nobody can say. */
  async answer(sha256: string): Promise<StoredKey | null> {
    const known = this.#known.get(sha256);
    if (!this.#store.up) {
      if (known === undefined) throw new StoreUnavailableError('The key store is away.');
      return known;
    }
    const key = await this.#store.findByDigest(sha256);
    if (key === null) this.#known.delete(sha256);
    else this.#known.add(key);
    return key;
  }

  /** What to send to the worker that asked. Never rejects: whatever fails, a worker has to be told. */
  async reply({ ask, sha256 }: FindKey): Promise<KeyAnswer> {
    return { kind: 'key-found', ask, keys: await Promise.all(sha256.map((digest) => this.#answerOrUnknown(digest))) };
  }

  async #answerOrUnknown(sha256: string): Promise<StoredKey | null | 'unknown'> {
    try {
      return await this.answer(sha256);
    } catch (error) {
      // That the store is away is for the store to tell; anything else is a defect.
      if (!(error instanceof StoreUnavailableError)) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#logger.log('error', 'a key could not be looked up', { reason });
      }
      return 'unknown';
    }
  }

  async create(wanted: WantedKey): Promise<{ key: StoredKey; secret: string }> {
    const made = createKey(wanted, { random: randomBytes, now: this.#now });
    await this.#store.create(made.key);
    this.#tellChange(made.key);
    return made;
  }

  async list(): Promise<StoredKey[]> {
    return await this.#store.list();
  }

  async revoke(id: string): Promise<StoredKey | null> {
    return this.#tellChange(await this.#store.revoke(id, this.#now()));
  }

  async delete(id: string): Promise<StoredKey | null> {
    return this.#tellChange(await this.#store.delete(id));
  }

  /** The store tells it too, but may do so later; workers have to know before whoever asked for it does. */
  #tellChange(key: StoredKey | null): StoredKey | null {
    if (key !== null) this.#known.delete(key.sha256);
    if (key !== null) this.#broadcast({ kind: 'key-changed', sha256: key.sha256 });
    return key;
  }
}
