import type { StoredKey } from '../core/stored-key.ts';

export type { StoredKey } from '../core/stored-key.ts';

/** A key was created, revoked or deleted. */
export interface KeyChange {
  readonly id: string;
  readonly sha256: string;
}

/**
 * Where API keys are kept. Every method that returns a promise rejects with a StoreUnavailableError when the store cannot
 * be reached or is closed. What was acknowledged is kept; what was rejected may have been done all the same.
 */
export interface KeyStore {
  /** Rejects with an Error when a key with this id or this digest exists already. */
  create(key: StoredKey): Promise<void>;
  findByDigest(sha256: string): Promise<StoredKey | null>;
  findById(id: string): Promise<StoredKey | null>;
  /** Newest first. */
  list(): Promise<StoredKey[]>;
  /** The key as it is now, null where there is none. A key that was revoked before keeps the time of that. */
  revoke(id: string, atMs: number): Promise<StoredKey | null>;
  /** The key as it was, null where there is none. */
  delete(id: string): Promise<StoredKey | null>;
  /** Tells each change at least once, those made by other nodes and processes within a second. */
  onChange(listener: (change: KeyChange) => void): void;
  /**
   * Tells when the store goes away and when it is back. In between, changes may have been missed: whatever was learnt
   * from it before has to be asked again.
   */
  onStateChange(listener: (up: boolean) => void): void;
  readonly up: boolean;
  close(): Promise<void>;
}

/** A store for whoever only looks keys up. */
export type KeyReader = Pick<KeyStore, 'findByDigest' | 'close'>;

export const duplicateKeyMessage = 'A key with this id or this secret exists already.';

/** Sorts keys as `list` has them; those of the same time by their ids. */
export function compareNewestFirst(left: StoredKey, right: StoredKey): number {
  if (left.createdAt !== right.createdAt) return right.createdAt - left.createdAt;
  if (left.id === right.id) return 0;
  return left.id < right.id ? 1 : -1;
}
