import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { digestSecret } from './key-secret.ts';
import { createTestKey } from './key.fixture.ts';
import { WorkerKeys } from './worker-keys.ts';

const admin = { name: 'admin', sha256: digestSecret('key-admin') };

function createKeys({ store = 'memory', rejectWhileAway = false } = {}) {
  const made = createTestKey({ name: 'stored' });
  const stored = new Map([[made.key.sha256, made.key]]);
  const asked: string[] = [];
  const ask = async (sha256: string) => {
    asked.push(sha256);
    return stored.get(sha256) ?? null;
  };
  return { ...made, stored, asked, keys: new WorkerKeys({ fixed: [admin], store, ask, rejectWhileAway }) };
}

describe('the keys of a worker', () => {
  test('are those of the configuration, for which nobody is asked, and those of the store', async () => {
    const { keys, secret, asked } = createKeys();
    for (let time = 0; time < 2; time += 1) {
      assert.equal((await keys.find('key-admin', 0))?.name, 'admin');
      assert.equal((await keys.find(secret, 0))?.name, 'stored');
      assert.equal(await keys.find('nobody', 0), null);
    }
    assert.equal(asked.length, 1);
  });

  test('are told of a change at once', async () => {
    const { keys, secret, key, stored } = createKeys();
    await keys.find(secret, 0);
    stored.delete(key.sha256);
    keys.onNews({ kind: 'key-changed', sha256: key.sha256 });
    assert.equal(await keys.find(secret, 0), null);
  });

  test('go on while the store is away, those of the configuration in any case', async () => {
    for (const rejectWhileAway of [false, true]) {
      const { keys, secret, asked } = createKeys({ rejectWhileAway });
      await keys.find(secret, 0);
      keys.onNews({ kind: 'key-store-lost' });
      assert.equal((await keys.find('key-admin', 0))?.name, 'admin');
      if (rejectWhileAway) await assert.rejects(async () => await keys.find(secret, 0), StoreUnavailableError);
      else assert.equal((await keys.find(secret, 3_600_000))?.name, 'stored');
      keys.onNews({ kind: 'keys-reset' });
      assert.equal((await keys.find(secret, 0))?.name, 'stored');
      assert.equal(asked.length, 2);
    }
  });

  test('are asked for again after a minute where others may change them unheard, and much later elsewhere', async () => {
    for (const [store, times] of [
      ['redis://127.0.0.1:1', 2],
      ['sqlite:./keys.db', 1],
      ['memory', 1],
    ] as const) {
      const { keys, secret, asked } = createKeys({ store });
      await keys.find(secret, 0);
      await keys.find(secret, 60_000);
      assert.equal(asked.length, times, store);
    }
  });

  test('of a new configuration count at once, in place of those of the store, and the others are gone', async () => {
    const { keys, secret, key } = createKeys();
    assert.equal((await keys.find(secret, 0))?.name, 'stored');
    keys.setFixed([{ name: 'fixed', sha256: key.sha256 }]);
    assert.equal((await keys.find(secret, 0))?.name, 'fixed');
    assert.equal(await keys.find('key-admin', 0), null);
    keys.setFixed([admin]);
    assert.equal((await keys.find(secret, 0))?.name, 'stored');
  });

  test('of a new configuration that are the same stay at hand', async () => {
    const { keys } = createKeys();
    const before = await keys.find('key-admin', 0);
    keys.setFixed([{ ...admin }]);
    assert.equal(await keys.find('key-admin', 0), before);
  });
});
