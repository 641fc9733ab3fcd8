import assert from 'node:assert/strict';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { KeyCache } from './key-cache.ts';
import type { StoredKey } from './key-store.ts';

/** A cache in front of keys that the test may change; it counts how often it was asked for each digest. */
export function createCache(...keys: StoredKey[]) {
  const stored = new Map(keys.map((key) => [key.sha256, key]));
  const asked: string[] = [];
  const state = { away: false };
  const cache = new KeyCache(async (sha256) => {
    asked.push(sha256);
    if (state.away) throw new StoreUnavailableError('away');
    return stored.get(sha256) ?? null;
  });
  return { cache, stored, asked, state };
}

/** Everything that is under way has no more to wait for than promises. */
export async function whenSettled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export function assertAtHand(found: object | null): void {
  assert.ok(!(found instanceof Promise), 'a promise where the answer should be at hand');
}
