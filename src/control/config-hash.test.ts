import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashConfig } from './config-hash.ts';
import { checkedConfig } from './fixtures/config-of.ts';

function hashOf(document: object, policyModules: readonly string[] = []): string {
  return hashConfig({ config: checkedConfig(document), policyModules });
}

test('the hash is another one for another configuration', () => {
  assert.match(hashOf({}), /^[0-9a-f]{16}$/);
  assert.equal(hashOf({}), hashOf({}));
  assert.notEqual(hashOf({}), hashOf({ shutdown_timeout: '5s' }));
});

test('secrets do not change the hash', () => {
  const withSecrets = (secret: string) => ({
    admin: { address: 'main', auth: { password: secret } },
    keys: [{ name: 'app', secret }],
    store: `redis://:${secret}@localhost:6379`,
  });
  assert.equal(hashOf(withSecrets('one')), hashOf(withSecrets('other')));
});

test('the text of a module with policies changes the hash, and its folder does not', () => {
  const before = hashOf({}, ['file:///one/mine.ts?version=0123']);
  assert.notEqual(before, hashOf({}));
  assert.notEqual(before, hashOf({}, ['file:///one/mine.ts?version=4567']));
  assert.equal(before, hashOf({}, ['file:///other/mine.ts?version=0123']));
});
