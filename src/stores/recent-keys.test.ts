import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestKey } from './key.fixture.ts';
import { RecentKeys } from './recent-keys.ts';

test('it keeps so many keys, those that were asked for last', () => {
  const keys = Array.from({ length: 5 }, () => createTestKey().key);
  const recent = new RecentKeys(3);
  const [first, second, third, fourth, fifth] = keys;
  for (const key of [first, second, third, first, fourth, fifth]) if (key !== undefined) recent.add(key);
  const kept = keys.filter(({ sha256 }) => recent.get(sha256) !== undefined);
  assert.deepEqual(kept, [first, fourth, fifth]);
  recent.delete(first?.sha256 ?? '');
  assert.equal(recent.get(first?.sha256 ?? ''), undefined);
});
