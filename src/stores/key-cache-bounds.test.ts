import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { KeyCache } from './key-cache.ts';
import { createTestKey } from './key.fixture.ts';

describe('KeyCache, with too many askings under way,', () => {
  test('refuses more at once, but neither those that wait already nor keys that it knew', async () => {
    const known = createTestKey();
    const answer = Promise.withResolvers<null>();
    let hanging = false;
    const cache = new KeyCache(async () => (hanging ? answer.promise : known.key));
    await cache.find(known.secret, 0);
    hanging = true;
    const secrets = Array.from({ length: 1_025 }, () => createTestKey().secret);
    const found = secrets.map((secret) => Promise.resolve(cache.find(secret, 0)));
    await assert.rejects(found[1_024] ?? Promise.resolve(), StoreUnavailableError);
    assert.notEqual(await cache.find(known.secret, 60_000), null);
    const again = cache.find(secrets[0] ?? '', 0);
    answer.resolve(null);
    assert.deepEqual(new Set(await Promise.all(found.slice(0, 1_024))), new Set([null]));
    assert.equal(await again, null);
    assert.equal(await cache.find(secrets[1_024] ?? '', 0), null);
  });
});

describe('KeyCache, with more keys than it has room for,', () => {
  test('forgets those that are used least, and guesses push nothing out', async () => {
    const keys = Array.from({ length: 150 }, () => createTestKey());
    const stored = new Map(keys.map(({ key }) => [key.sha256, key]));
    let asked = 0;
    const cache = new KeyCache(
      async (sha256) => {
        asked += 1;
        return stored.get(sha256) ?? null;
      },
      { capacity: 100 },
    );
    const [inUse, others] = [keys.slice(0, 20), keys.slice(20)];
    for (const { secret } of others) {
      for (const used of inUse) await cache.find(used.secret, 0);
      await cache.find(secret, 0);
    }
    assert.equal(cache.size, 100);
    asked = 0;
    for (const { secret } of inUse) await cache.find(secret, 0);
    const forgotten = asked;
    assert.ok(forgotten <= 2, `${forgotten} of the keys in use were forgotten`);
    const known = keys.filter(({ secret }) => cache.findKnown(secret, 0) !== undefined);
    for (let count = 0; count < 1_000; count += 1) await cache.find(createTestKey().secret, 0);
    assert.equal(cache.size, 100);
    assert.ok(known.every(({ secret }) => cache.findKnown(secret, 0) !== undefined));
  });

  test('knows as many again once they were deleted', async () => {
    const keys = Array.from({ length: 50 }, () => createTestKey());
    const stored = new Map(keys.map(({ key }) => [key.sha256, key]));
    const cache = new KeyCache(async (sha256) => stored.get(sha256) ?? null, { capacity: 50 });
    for (let round = 0; round < 3; round += 1) {
      for (const { secret } of keys) assert.notEqual(await cache.find(secret, 0), null);
      assert.equal(cache.size, 50);
      assert.ok(keys.every(({ secret }) => cache.findKnown(secret, 0) !== undefined));
      for (const { key } of keys) cache.invalidate(key.sha256);
      assert.equal(cache.size, 0);
      assert.ok(keys.every(({ secret }) => cache.findKnown(secret, 0) === undefined));
    }
  });
});
