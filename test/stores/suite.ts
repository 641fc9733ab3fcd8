import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailableError } from '../../src/core/store-unavailable-error.ts';
import type { KeyChange, KeyStore, StoredKey } from '../../src/stores/key-store.ts';
import { createTestKey } from '../../src/stores/key.fixture.ts';
import { waitUntil } from '../support/wait.ts';

/** Changes by others have to be told within this time. */
const tellingLimitMs = 1_000;

/** Opens a connection to one and the same store, which is empty at first. */
type OpenStore = () => Promise<KeyStore>;

/** What every store has to do. `prepare` makes a new store for each test; the keys of a `shared` one are for all. */
export function testKeyStore(prepare: () => Promise<OpenStore>, { shared }: { shared: boolean }): void {
  const withStore: WithStore = (name, body) => {
    void test(name, async () => {
      const open = await prepare();
      const store = await open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });
  };
  testFinding(withStore);
  testChanging(withStore);
  testTelling(withStore);
  if (shared) testSharing(prepare);
}

type WithStore = (name: string, body: (store: KeyStore) => Promise<void>) => void;

function testFinding(withStore: WithStore): void {
  withStore('gives back what was created, by digest and by id', async (store) => {
    const keys = [
      createTestKey().key,
      createTestKey({ name: 'Zoë "quoted" \' \n 🔑', rateLimit: 0.5, permissions: ['users', '/api/a b', 'é'] }).key,
      createTestKey({ name: '', rateLimit: 1e9, createdAt: 0, expiresAt: 8_640_000_000_000_000, revokedAt: 1 }).key,
    ];
    for (const key of keys) await store.create(key);
    for (const key of keys) {
      assert.deepEqual(await store.findByDigest(key.sha256), key);
      assert.deepEqual(await store.findById(key.id), key);
    }
  });

  withStore('knows nothing of keys that nobody created', async (store) => {
    const { id, sha256 } = createTestKey().key;
    assert.equal(await store.findByDigest(sha256), null);
    assert.equal(await store.findByDigest(''), null);
    assert.equal(await store.findById(id), null);
    assert.equal(await store.revoke(id, 1), null);
    assert.equal(await store.delete(id), null);
    assert.deepEqual(await store.list(), []);
  });

  withStore('lists the newest first, and of one time by id', async (store) => {
    const times = [2_000, 9_000, 1_000, 10_000, 2_000];
    for (const createdAt of times) await store.create(createTestKey({ createdAt }).key);
    const listed = await store.list();
    assert.deepEqual(
      listed.map(({ createdAt }) => createdAt),
      [10_000, 9_000, 2_000, 2_000, 1_000],
    );
    assert.ok((listed[2]?.id ?? '') > (listed[3]?.id ?? ''));
  });

  withStore('lists more keys than fit into one batch', async (store) => {
    const keys = Array.from({ length: 450 }, (_, index) => createTestKey({ createdAt: index }).key);
    for (const key of keys) await store.create(key);
    assert.deepEqual(await store.list(), keys.toReversed());
  });

  withStore('is not changed through what it was given', async (store) => {
    const permissions = ['users'];
    const { key } = createTestKey({ permissions });
    await store.create(key);
    permissions.push('admin');
    assert.deepEqual((await store.findById(key.id))?.permissions, ['users']);
  });
}

function testChanging(withStore: WithStore): void {
  withStore('revokes a key once and for all', async (store) => {
    const { key } = createTestKey();
    await store.create(key);
    const revoked = { ...key, revokedAt: 5_000 };
    assert.deepEqual(await store.revoke(key.id, 5_000.5), revoked);
    assert.deepEqual(await store.revoke(key.id, 6_000), revoked);
    assert.deepEqual(await store.findByDigest(key.sha256), revoked);
    assert.deepEqual(await store.list(), [revoked]);
  });

  withStore('deletes a key and tells what it was', async (store) => {
    const [kept, gone] = [createTestKey().key, createTestKey().key];
    await store.create(kept);
    await store.create(gone);
    assert.deepEqual(await store.delete(gone.id), gone);
    assert.equal(await store.delete(gone.id), null);
    assert.equal(await store.findByDigest(gone.sha256), null);
    assert.equal(await store.findById(gone.id), null);
    assert.deepEqual(await store.list(), [kept]);
  });

  withStore('refuses a second key with the same id or the same secret, and keeps the first', async (store) => {
    const { key } = createTestKey();
    const other = createTestKey().key;
    await store.create(key);
    await assert.rejects(store.create({ ...other, id: key.id }), /exists already/);
    await assert.rejects(store.create({ ...other, sha256: key.sha256 }), /exists already/);
    assert.deepEqual(await store.list(), [key]);
    assert.equal(store.up, true);
  });

  withStore('keeps all of many keys that are created at once', async (store) => {
    const keys = Array.from({ length: 50 }, (_, index) => createTestKey({ createdAt: index }).key);
    await Promise.all(keys.map((key) => store.create(key)));
    assert.deepEqual(await store.list(), keys.toReversed());
  });
}

function testTelling(withStore: WithStore): void {
  withStore('tells of each change before the change is acknowledged', async (store) => {
    const told: KeyChange[] = [];
    store.onChange((change) => told.push(change));
    const { key } = createTestKey();
    for (const change of [() => store.create(key), () => store.revoke(key.id, 1), () => store.delete(key.id)]) {
      told.length = 0;
      await change();
      assert.deepEqual(told[0], { id: key.id, sha256: key.sha256 });
    }
  });

  withStore('is up when it was opened, and rejects everything once it is closed', async (store) => {
    const { key } = createTestKey();
    assert.equal(store.up, true);
    await store.close();
    assert.equal(store.up, false);
    const askings: (() => Promise<unknown>)[] = [
      () => store.create(key),
      () => store.findByDigest(key.sha256),
      () => store.findById(key.id),
      () => store.list(),
      () => store.revoke(key.id, 1),
      () => store.delete(key.id),
    ];
    for (const ask of askings) await assert.rejects(ask, StoreUnavailableError);
  });
}

function testSharing(prepare: () => Promise<OpenStore>): void {
  void test('shows two connections the same keys, and tells each of changes by the other within a second', async () => {
    const open = await prepare();
    const [mine, theirs] = [await open(), await open()];
    try {
      await expectTelling(mine, theirs);
      await expectTelling(theirs, mine);
    } finally {
      await Promise.all([mine.close(), theirs.close()]);
    }
  });
}

async function expectTelling(acting: KeyStore, listening: KeyStore): Promise<void> {
  const told: KeyChange[] = [];
  listening.onChange((change) => told.push(change));
  const { key } = createTestKey();
  const steps: [change: () => Promise<unknown>, then: StoredKey | null][] = [
    [() => acting.create(key), key],
    [() => acting.revoke(key.id, 7), { ...key, revokedAt: 7 }],
    [() => acting.delete(key.id), null],
  ];
  for (const [change, then] of steps) {
    told.length = 0;
    await change();
    const changedAt = performance.now();
    assert.deepEqual(await listening.findByDigest(key.sha256), then);
    await waitUntil('the change is told', () => told.length > 0);
    assert.ok(performance.now() - changedAt < tellingLimitMs);
    assert.deepEqual(told[0], { id: key.id, sha256: key.sha256 });
  }
}
