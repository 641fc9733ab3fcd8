import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyNews } from '../core/worker-messages.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { digestSecret } from '../stores/key-secret.ts';
import { MemoryStore } from '../stores/memory.ts';
import { ControlKeys } from './keys.ts';

const wanted = { name: 'app', rateLimit: 5, permissions: ['users'], expiresAt: null };

/** A store whose state is told by a test. */
class FragileStore extends MemoryStore {
  switchTo(up: boolean): void {
    this.setUp(up);
  }
}

function createBench() {
  const news: KeyNews[] = [];
  const logged: string[] = [];
  const store = new FragileStore();
  const keys = new ControlKeys({
    store,
    broadcast: (message) => void news.push(message),
    logger: { log: (level, message) => void logged.push(`${level} ${message}`) },
    now: () => 1_000,
  });
  return { news, logged, store, keys };
}

test('a worker is answered by digest, in the order in which it asked', async () => {
  const { keys } = createBench();
  const { key, secret } = await keys.create(wanted);
  assert.deepEqual(key, { ...wanted, id: key.id, sha256: digestSecret(secret), createdAt: 1_000, revokedAt: null });
  const question = { kind: 'find-key', ask: 7, sha256: [digestSecret('other'), digestSecret(secret)] } as const;
  assert.deepEqual(await keys.reply(question), { kind: 'key-found', ask: 7, keys: [null, key] });
});

test('workers know of a change when whoever made it does', async () => {
  const { keys, news } = createBench();
  const { key } = await keys.create(wanted);
  const changed = { kind: 'key-changed', sha256: key.sha256 };
  assert.deepEqual(news.at(-1), changed);
  for (const change of [() => keys.revoke(key.id), () => keys.delete(key.id)]) {
    news.length = 0;
    assert.equal((await change())?.id, key.id);
    assert.deepEqual(news.at(-1), changed);
  }
  news.length = 0;
  assert.equal(await keys.revoke('unknown'), null);
  assert.equal(await keys.delete(key.id), null);
  assert.deepEqual(news, []);
});

test('changes that others make are passed on', async () => {
  const { keys, news, store } = createBench();
  const { key } = await keys.create(wanted);
  news.length = 0;
  await store.revoke(key.id, 2_000);
  assert.deepEqual(news, [{ kind: 'key-changed', sha256: key.sha256 }]);
  assert.equal((await keys.answer(key.sha256))?.revokedAt, 2_000);
});

test('while the store is away workers are told so at once, and all is asked anew when it is back', async () => {
  const { keys, news, logged, store } = createBench();
  const { key } = await keys.create(wanted);
  news.length = 0;
  store.switchTo(false);
  assert.deepEqual(news, [{ kind: 'key-store-lost' }]);
  await assert.rejects(keys.answer(key.sha256), StoreUnavailableError);
  const asked = await keys.reply({ kind: 'find-key', ask: 9, sha256: [key.sha256] });
  assert.deepEqual(asked, { kind: 'key-found', ask: 9, keys: ['unknown'] });
  store.switchTo(true);
  assert.deepEqual(news, [{ kind: 'key-store-lost' }, { kind: 'keys-reset' }]);
  assert.deepEqual(await keys.answer(key.sha256), key);
  assert.deepEqual(logged, []);
});

test('while the store is away, a key that one worker knows is known to all, and others are not', async () => {
  const { keys, store } = createBench();
  const [known, other] = [await keys.create(wanted), await keys.create(wanted)];
  await keys.answer(known.key.sha256);
  store.switchTo(false);
  const sha256 = [other.key.sha256, known.key.sha256];
  assert.deepEqual((await keys.reply({ kind: 'find-key', ask: 1, sha256 })).keys, ['unknown', known.key]);
});

test('a store that fails in another way is logged, and the worker gets an answer all the same', async () => {
  const { keys, logged, store } = createBench();
  store.findByDigest = () => Promise.reject(new Error('a defect'));
  assert.deepEqual((await keys.reply({ kind: 'find-key', ask: 1, sha256: ['x'] })).keys, ['unknown']);
  assert.deepEqual(logged, ['error a key could not be looked up']);
});

test('what the store rejects, the maker of the change learns', async () => {
  const { keys, store, news } = createBench();
  await store.close();
  news.length = 0;
  for (const attempt of [keys.create(wanted), keys.list(), keys.revoke('a'), keys.delete('a')]) {
    await assert.rejects(attempt, StoreUnavailableError);
  }
  assert.deepEqual(news, []);
});
