import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CombinedKeys } from './combined-keys.ts';
import { digestSecret } from './key-secret.ts';
import { StaticKeys } from './static-keys.ts';

const stored = { id: '0123456789abcdef', name: 'stored', rateLimit: 5, permissions: ['users'] };

describe('CombinedKeys', () => {
  test('looks among the keys of the configuration first, and asks for the others with the time', async () => {
    const asked: [string, number][] = [];
    const lookup = {
      find: (secret: string, nowMs: number) => {
        asked.push([secret, nowMs]);
        return secret === 'stored' ? Promise.resolve(stored) : null;
      },
    };
    const keys = new CombinedKeys(new StaticKeys([{ name: 'admin', sha256: digestSecret('key-admin') }]), lookup);
    assert.deepEqual(keys.find('key-admin', 1), {
      id: 'static:admin',
      name: 'admin',
      rateLimit: null,
      permissions: [],
    });
    assert.deepEqual(asked, []);
    assert.equal(await keys.find('stored', 2), stored);
    assert.equal(keys.find('nobody', 3), null);
    assert.deepEqual(asked, [
      ['stored', 2],
      ['nobody', 3],
    ]);
  });
});

describe('StaticKeys', () => {
  test('finds a key by its secret alone, and nothing where there are no keys', () => {
    const keys = new StaticKeys([{ name: 'ünï', sha256: digestSecret('sécret') }]);
    assert.equal(keys.find('sécret')?.name, 'ünï');
    assert.equal(keys.find('secret'), null);
    assert.equal(new StaticKeys([]).find(''), null);
  });
});
