import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KnownConsumer } from '../core/known-consumer.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { assertAtHand, createCache } from './key-cache.fixture.ts';
import { KeyCache } from './key-cache.ts';
import type { StoredKey } from './key-store.ts';
import { createTestKey } from './key.fixture.ts';

function consumerLike({ id, name, rateLimit, permissions }: StoredKey): KnownConsumer {
  return new KnownConsumer({ id, name, rateLimit, permissions });
}

describe('KeyCache', () => {
  test('asks for a key once, and has it at hand from then on', async () => {
    const { key, secret } = createTestKey({ name: 'mobile', rateLimit: 30, permissions: ['users'] });
    const { cache, asked } = createCache(key);
    const consumer = consumerLike({ ...key, name: 'mobile', rateLimit: 30, permissions: ['users'] });
    assert.deepEqual(await cache.find(secret, 0), consumer);
    for (const nowMs of [0, 1, 29_999]) {
      const found = cache.find(secret, nowMs);
      assertAtHand(found);
      assert.deepEqual(found, consumer);
    }
    assert.deepEqual(asked, [key.sha256]);
  });

  test('remembers for 5 s that nobody has a key', async () => {
    const { key, secret } = createTestKey();
    const { cache, asked, stored } = createCache();
    assert.equal(await cache.find(secret, 0), null);
    const found = cache.find(secret, 4_999);
    assertAtHand(found);
    assert.equal(found, null);
    assert.equal(asked.length, 1);
    stored.set(key.sha256, key);
    assert.notEqual(await cache.find(secret, 5_000), null);
  });

  test('refuses a malformed secret at once, without asking', () => {
    const { cache, asked } = createCache();
    const { secret } = createTestKey();
    for (const text of ['', 'key-admin', `${secret}x`, `${secret.slice(0, -1)}-`, secret.toLowerCase()]) {
      assertAtHand(cache.find(text, 0));
      assert.equal(cache.find(text, 0), null);
    }
    assert.deepEqual(asked, []);
  });

  test('judges expiry each time, from the very millisecond on', async () => {
    const { key, secret } = createTestKey({ expiresAt: 10_000 });
    const { cache, asked } = createCache(key);
    assert.notEqual(await cache.find(secret, 9_998), null);
    assert.notEqual(cache.find(secret, 9_999), null);
    assert.equal(cache.find(secret, 10_000), null);
    assert.equal(asked.length, 1);
  });

  test('refuses a revoked key without asking again', async () => {
    const { key, secret } = createTestKey({ revokedAt: 1 });
    const { cache, asked } = createCache(key);
    assert.equal(await cache.find(secret, 0), null);
    assert.equal(cache.find(secret, 29_000), null);
    assert.equal(asked.length, 1);
  });

  test('gives the same object for a key that has not changed', async () => {
    const { key, secret } = createTestKey({ permissions: ['users'] });
    const { cache, stored } = createCache(key);
    await cache.find(secret, 0);
    const before = cache.find(secret, 1);
    cache.invalidateAll();
    await cache.find(secret, 2);
    assert.equal(cache.find(secret, 3), before);
    stored.set(key.sha256, { ...key, permissions: ['users', 'orders'] });
    cache.invalidateAll();
    await cache.find(secret, 4);
    const after = cache.find(secret, 5);
    assert.deepEqual(after, consumerLike({ ...key, permissions: ['users', 'orders'] }));
  });

  test('asks once for those who ask for the same key at the same time', async () => {
    const { key, secret } = createTestKey();
    const { cache, asked } = createCache(key);
    const found = await Promise.all([cache.find(secret, 0), cache.find(secret, 0), cache.find(secret, 0)]);
    assert.deepEqual(new Set(found.map((consumer) => consumer?.id)), new Set([key.id]));
    assert.equal(asked.length, 1);
  });

  test('passes on an error that says nothing about the store, and asks again the next time', async () => {
    const { key, secret } = createTestKey();
    let failing = true;
    const cache = new KeyCache((sha256) => {
      if (failing) throw new TypeError('a mistake');
      return Promise.resolve(sha256 === key.sha256 ? key : null);
    });
    for (let round = 0; round < 300; round += 1) await assert.rejects(async () => cache.find(secret, 0), TypeError);
    failing = false;
    assert.notEqual(await cache.find(secret, 0), null);
  });
});

describe('KeyCache, when a change is told,', () => {
  test('asks for that key again, and for no other', async () => {
    const [one, two] = [createTestKey(), createTestKey()];
    const { cache, stored } = createCache(one.key, two.key);
    await cache.find(one.secret, 0);
    await cache.find(two.secret, 0);
    stored.set(one.key.sha256, { ...one.key, revokedAt: 1 });
    cache.invalidate(one.key.sha256);
    assert.equal(await cache.find(one.secret, 0), null);
    assertAtHand(cache.find(two.secret, 0));
  });

  test('asks again for a key that nobody had before', async () => {
    const { key, secret } = createTestKey();
    const { cache, stored } = createCache();
    await cache.find(secret, 0);
    stored.set(key.sha256, key);
    cache.invalidate(key.sha256);
    assert.notEqual(await cache.find(secret, 0), null);
  });

  test('does not keep an answer that was under way at that moment', async () => {
    const { key, secret } = createTestKey();
    const revoked = { ...key, revokedAt: 1 };
    for (const invalidate of ['invalidate', 'invalidateAll'] as const) {
      const answers = [Promise.withResolvers<StoredKey>(), Promise.withResolvers<StoredKey>()];
      let asked = 0;
      const cache = new KeyCache(async () => answers[asked++]?.promise ?? null);
      const first = cache.find(secret, 0);
      cache[invalidate](key.sha256);
      const second = cache.find(secret, 0);
      answers[1]?.resolve(revoked);
      assert.equal(await second, null);
      answers[0]?.resolve(key);
      await first;
      assert.equal(cache.find(secret, 0), null);
      assert.equal(asked, 2);
    }
  });
});

describe('KeyCache, while the store is away,', () => {
  test('lets known keys go on for as long as it takes, and asks for others, whom it refuses where nobody knows them', async () => {
    const [known, unknown] = [createTestKey({ expiresAt: 7_200_000 }), createTestKey()];
    const { cache, asked, state } = createCache(known.key, unknown.key);
    await cache.find(known.secret, 0);
    state.away = true;
    cache.setStoreUp(false);
    const found = cache.find(known.secret, 3_600_000);
    assertAtHand(found);
    assert.notEqual(found, null);
    await assert.rejects(async () => cache.find(unknown.secret, 3_600_000), StoreUnavailableError);
    assert.equal(asked.length, 2);
    assert.equal(cache.find(known.secret, 7_200_000), null);
  });

  test('lets known keys go on also before it was told that the store is away', async () => {
    const { key, secret } = createTestKey();
    const { cache, state } = createCache(key);
    await cache.find(secret, 0);
    state.away = true;
    assert.notEqual(await cache.find(secret, 60_000), null);
  });

  test('refuses a key whose revocation it was told of, and does not know it as valid any more', async () => {
    const { key, secret } = createTestKey();
    const { cache, state } = createCache(key);
    await cache.find(secret, 0);
    cache.invalidate(key.sha256);
    cache.setStoreUp(false);
    state.away = true;
    await assert.rejects(async () => cache.find(secret, 0), StoreUnavailableError);
  });

  test('asks for every key again once it is back, and goes on with it where the store is lost once more', async () => {
    const [kept, gone] = [createTestKey(), createTestKey()];
    const { cache, stored, state } = createCache(kept.key, gone.key);
    for (const { secret } of [kept, gone]) await cache.find(secret, 0);
    cache.setStoreUp(false);
    stored.delete(gone.key.sha256);
    cache.setStoreUp(true);
    assert.equal(await cache.find(gone.secret, 0), null);
    state.away = true;
    assert.notEqual(await cache.find(kept.secret, 0), null);
  });

  test('asks nothing again where the store is said to be up and was never away', async () => {
    const { key, secret } = createTestKey();
    const { cache, asked } = createCache(key);
    await cache.find(secret, 0);
    cache.setStoreUp(true);
    assertAtHand(cache.find(secret, 0));
    assert.equal(asked.length, 1);
  });
});
