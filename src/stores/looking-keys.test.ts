import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { createKey } from './key-secret.ts';
import type { StoredKey } from './key-store.ts';
import { LookingKeys } from './looking-keys.ts';

const made = createKey(
  { name: 'app', rateLimit: 5, permissions: [], expiresAt: null },
  { random: randomBytes, now: () => 0 },
);

test('keys of the configuration are known without the store, and those of the store are asked for each time', async () => {
  let stored: StoredKey | null = made.key;
  const asked: string[] = [];
  const keys = new LookingKeys({
    fixed: [{ name: 'fixed', sha256: hash('sha256', 'secret-of-the-file') }],
    ask: async (sha256) => {
      asked.push(sha256);
      return stored;
    },
    rejects: () => false,
  });
  assert.equal((await keys.find('secret-of-the-file', 1))?.name, 'fixed');
  assert.equal(await keys.find('nobody-has-this', 1), null);
  assert.deepEqual(asked, []);
  assert.equal((await keys.find(made.secret, 1))?.name, 'app');
  stored = { ...made.key, revokedAt: 2 };
  assert.equal(await keys.find(made.secret, 3), null);
  assert.deepEqual(asked, [made.key.sha256, made.key.sha256]);
});

test('while the store is away, what was known of a key counts, unless such keys are to be refused', async () => {
  let away = false;
  let rejects = false;
  const keys = new LookingKeys({
    fixed: [],
    ask: async () => {
      if (away) throw new StoreUnavailableError('away');
      return made.key;
    },
    rejects: () => rejects,
  });
  assert.equal((await keys.find(made.secret, 1))?.name, 'app');
  away = true;
  assert.equal((await keys.find(made.secret, 1))?.name, 'app');
  rejects = true;
  await assert.rejects(async () => await keys.find(made.secret, 1), StoreUnavailableError);
});
