import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestKey } from './key.fixture.ts';
import { keyOfRecord, recordOfKey } from './redis-record.ts';

test('a key is read as it was written', () => {
  const { key } = createTestKey({
    name: 'app',
    rateLimit: 0,
    permissions: ['users', '/api'],
    expiresAt: 1_800_000_000_000,
  });
  for (const kept of [key, { ...key, revokedAt: 5, rateLimit: null, expiresAt: null, permissions: [] }]) {
    assert.deepEqual(keyOfRecord(recordOfKey(kept)), kept);
  }
});

test('a record that was changed by somebody else is no key, and not one that may do more', () => {
  const { key } = createTestKey({ name: 'app', rateLimit: 5, permissions: ['users'], expiresAt: 1_800_000_000_000 });
  const record = recordOfKey(key);
  const changed: readonly Record<string, string>[] = [
    { permissions: '' },
    { permissions: '{}' },
    { permissions: '"users"' },
    { permissions: '[1]' },
    { permissions: '[' },
    { expires_at: 'never' },
    { expires_at: '' },
    { expires_at: '-1' },
    { expires_at: '1e300' },
    { revoked_at: 'no' },
    { rate_limit: 'Infinity' },
    { rate_limit: '-5' },
    { sha256: 'x' },
    { created_at: '' },
  ];
  for (const fields of changed) {
    assert.throws(() => keyOfRecord({ ...record, ...fields }), /no readable/, JSON.stringify(fields));
  }
  for (const name of ['id', 'name', 'sha256', 'created_at']) {
    const { [name]: _left, ...rest } = record;
    assert.equal(keyOfRecord(rest), null, name);
  }
  const { permissions: _all, ...unbounded } = record;
  assert.throws(() => keyOfRecord(unbounded), /permissions/);
  assert.equal(keyOfRecord({}), null);
});
