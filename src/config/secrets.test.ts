import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeValue, isSecretName, isSecretPath } from './secrets.ts';

test('names that end in a secret word are secret', () => {
  for (const name of ['password', 'ADMIN_PASSWORD', 'api_key', 'keys', 'client-secret', 'accessToken', 'credentials']) {
    assert.equal(isSecretName(name), true, name);
  }
  for (const name of ['path', 'name', 'key_prefix_length', 'tokens_per_minute', 'keep_alive_timeout']) {
    assert.equal(isSecretName(name), false, name);
  }
  assert.equal(isSecretPath(['admin', 'auth', 'password']), true);
  assert.equal(isSecretPath(['keys', 0]), true);
  assert.equal(isSecretPath(['routes', 0, 'name']), false);
});

test('values are described briefly and without credentials', () => {
  assert.equal(describeValue('abc', false), '"abc"');
  assert.equal(describeValue('abc', true), '***');
  assert.equal(describeValue(5, true), '***');
  assert.equal(describeValue('redis://root:hunter2@db', false), '"redis://***@db"');
  assert.equal(describeValue(null, false), 'null');
  assert.equal(describeValue([1], false), 'a list');
  assert.equal(describeValue({ password: 'x' }, false), 'a mapping');
  assert.ok(describeValue('x'.repeat(10_000), false).length < 80);
});
