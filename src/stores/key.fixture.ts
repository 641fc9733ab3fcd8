import { randomBytes } from 'node:crypto';
import { createKey } from './key-secret.ts';
import type { StoredKey } from './key-store.ts';

/** A key with a secret of its own, and with what is given. */
export function createTestKey(more: Partial<StoredKey> = {}): { key: StoredKey; secret: string } {
  const wanted = { name: 'test', rateLimit: null, permissions: [], expiresAt: null };
  const { key, secret } = createKey(wanted, { random: randomBytes, now: Date.now });
  return { key: { ...key, ...more }, secret };
}
