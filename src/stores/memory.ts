import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { compareNewestFirst, duplicateKeyMessage, type KeyStore, type StoredKey } from './key-store.ts';
import { WatchedStore } from './watched-store.ts';

/** Keeps keys in this process only, until it ends. */
export class MemoryStore extends WatchedStore implements KeyStore {
  private readonly byId = new Map<string, StoredKey>();
  private readonly byDigest = new Map<string, StoredKey>();
  private closed = false;

  constructor() {
    super();
    this.setUp(true);
  }

  async create(key: StoredKey): Promise<void> {
    this.checkOpen();
    if (this.byId.has(key.id) || this.byDigest.has(key.sha256)) throw new Error(duplicateKeyMessage);
    this.put({ ...key, permissions: [...key.permissions] });
  }

  async findByDigest(sha256: string): Promise<StoredKey | null> {
    this.checkOpen();
    return this.byDigest.get(sha256) ?? null;
  }

  async findById(id: string): Promise<StoredKey | null> {
    this.checkOpen();
    return this.byId.get(id) ?? null;
  }

  async list(): Promise<StoredKey[]> {
    this.checkOpen();
    return [...this.byId.values()].toSorted(compareNewestFirst);
  }

  async revoke(id: string, atMs: number): Promise<StoredKey | null> {
    this.checkOpen();
    const key = this.byId.get(id);
    if (key === undefined) return null;
    return this.put({ ...key, revokedAt: key.revokedAt ?? Math.trunc(atMs) });
  }

  async delete(id: string): Promise<StoredKey | null> {
    this.checkOpen();
    const key = this.byId.get(id);
    if (key === undefined) return null;
    this.byId.delete(id);
    this.byDigest.delete(key.sha256);
    this.tellChange({ id, sha256: key.sha256 });
    return key;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.forgetListeners();
    this.setUp(false);
  }

  private put(key: StoredKey): StoredKey {
    this.byId.set(key.id, key);
    this.byDigest.set(key.sha256, key);
    this.tellChange({ id: key.id, sha256: key.sha256 });
    return key;
  }

  private checkOpen(): void {
    if (this.closed) throw new StoreUnavailableError('The key store in memory is closed.');
  }
}
