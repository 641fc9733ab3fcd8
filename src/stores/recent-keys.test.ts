import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredKey } from '../core/stored-key.ts';
import { createTestKey } from './key.fixture.ts';
import { RecentKeys } from './recent-keys.ts';

const keys = Array.from({ length: 40 }, () => createTestKey().key);

test('it keeps at most so many keys, and at least half as many of those that were asked for last', () => {
  const recent = new RecentKeys(10);
  for (const [at, key] of keys.entries()) {
    recent.add(key);
    const known = keys.filter(({ sha256 }) => recent.get(sha256) !== undefined);
    assert.ok(known.length <= 10, `${known.length} are kept`);
    for (const latest of keys.slice(Math.max(0, at - 4), at + 1)) assert.ok(known.includes(latest));
  }
});

test('a key is what was said of it last, and what is deleted is gone, however old it is', () => {
  const recent = new RecentKeys(4);
  const [first, second, third] = keys;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const revoked: StoredKey = { ...first, revokedAt: 1 };
  for (const key of [first, second, third, revoked]) recent.add(key);
  assert.equal(recent.get(first.sha256), revoked);
  for (const { sha256 } of [first, second, third]) {
    recent.delete(sha256);
    assert.equal(recent.get(sha256), undefined);
  }
});
