import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertAtHand, createCache, whenSettled } from './key-cache.fixture.ts';
import { KeyCache } from './key-cache.ts';
import { createTestKey } from './key.fixture.ts';

describe('KeyCache, as time passes,', () => {
  test('asks again after 60 s, so that a change that nobody told of is not missed for ever', async () => {
    const { key, secret } = createTestKey();
    const { cache, stored } = createCache(key);
    await cache.find(secret, 0);
    stored.delete(key.sha256);
    assert.notEqual(await cache.find(secret, 59_999), null);
    assert.equal(await cache.find(secret, 60_000), null);
    assertAtHand(cache.find(secret, 60_001));
  });

  test('asks again in advance for a key in use, which goes on meanwhile', async () => {
    const { key, secret } = createTestKey();
    const { cache, asked, stored } = createCache(key);
    await cache.find(secret, 0);
    const revoked = { ...key, revokedAt: 1 };
    stored.set(key.sha256, revoked);
    const found = cache.find(secret, 55_000);
    assertAtHand(found);
    assert.notEqual(found, null);
    assert.notEqual(cache.find(secret, 55_000), null);
    await whenSettled();
    assert.equal(cache.find(secret, 55_000), null);
    assert.equal(cache.find(secret, 80_000), null);
    assert.deepEqual(asked, [key.sha256, key.sha256]);
  });

  test('asks in advance for each key at another moment, and for no more than 256 at once', async () => {
    const keys = Array.from({ length: 600 }, () => createTestKey());
    const { cache, asked } = createCache(...keys.map(({ key }) => key));
    for (const { secret } of keys) await cache.find(secret, 0);
    asked.length = 0;
    for (const { secret } of keys) assertAtHand(cache.find(secret, 42_000));
    assert.ok(asked.length > 150 && asked.length <= 256, `${asked.length} asked after 42 s`);
    await whenSettled();
    for (const { secret } of keys) assertAtHand(cache.find(secret, 54_000));
    assert.ok(asked.length > 400 && asked.length <= 512, `${asked.length} asked after 54 s`);
    await whenSettled();
  });

  test('asks again in vain in advance, and the key goes on until its time has passed', async () => {
    const { key, secret } = createTestKey();
    const { cache, asked, state } = createCache(key);
    await cache.find(secret, 0);
    state.away = true;
    assertAtHand(cache.find(secret, 55_000));
    await whenSettled();
    assertAtHand(cache.find(secret, 55_000));
    await whenSettled();
    assert.equal(asked.length, 3);
    state.away = false;
    assert.notEqual(await cache.find(secret, 60_000), null);
    assert.equal(asked.length, 4);
  });

  test('keeps a key for as long as it is told to', async () => {
    const { key, secret } = createTestKey();
    const asked: string[] = [];
    const cache = new KeyCache(
      async (sha256) => {
        asked.push(sha256);
        return key;
      },
      { keptMs: 600_000 },
    );
    await cache.find(secret, 0);
    for (const nowMs of [60_000, 299_999]) assertAtHand(cache.find(secret, nowMs));
    assert.equal(asked.length, 1);
    assert.ok(cache.find(secret, 600_000) instanceof Promise);
  });

  test('asks again where the clock was put back', async () => {
    const { key, secret } = createTestKey();
    const { cache, asked } = createCache(key);
    await cache.find(secret, 1_000_000);
    await cache.find(secret, 999_999);
    assert.equal(asked.length, 2);
  });
});
