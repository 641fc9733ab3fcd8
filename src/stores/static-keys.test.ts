import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownConsumer } from '../core/known-consumer.ts';
import { digestSecret } from './key-secret.ts';
import { StaticKeys } from './static-keys.ts';

const admin = { name: 'admin', sha256: digestSecret('key-admin') };
const umlaut = { name: 'ünï', sha256: digestSecret('sécret') };

test('a key is found by its secret alone, the first time and every other time', () => {
  const keys = new StaticKeys([admin, umlaut]);
  for (let time = 0; time < 3; time += 1) {
    assert.deepEqual(
      keys.find('key-admin'),
      new KnownConsumer({ id: 'static:admin', name: 'admin', rateLimit: null, permissions: [] }),
    );
    assert.equal(keys.find('sécret')?.name, 'ünï');
    assert.equal(keys.find('secret'), null);
  }
  assert.equal(new StaticKeys([]).find(''), null);
});

test('what has been shown is at hand, a guess never is', () => {
  const keys = new StaticKeys([admin]);
  assert.equal(keys.findKnown('key-admin'), null);
  const shown = keys.find('key-admin');
  assert.notEqual(shown, null);
  assert.equal(keys.findKnown('key-admin'), shown);
  keys.find('a guess');
  assert.equal(keys.findKnown('a guess'), null);
});

test('very long secrets work too', () => {
  const long = 'x'.repeat(3_000);
  const keys = new StaticKeys([{ name: 'long', sha256: digestSecret(long) }]);
  for (let time = 0; time < 2; time += 1) assert.equal(keys.find(long)?.name, 'long');
});

test('it says whether keys are the same', () => {
  const keys = new StaticKeys([admin, umlaut]);
  assert.equal(keys.areThese([{ ...admin }, { ...umlaut }]), true);
  for (const others of [[], [admin], [umlaut, admin], [admin, { ...umlaut, name: 'other' }], [admin, umlaut, admin]]) {
    assert.equal(keys.areThese(others), false);
  }
});
