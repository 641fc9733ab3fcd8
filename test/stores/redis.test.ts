import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { StoreUnavailableError } from '../../src/core/store-unavailable-error.ts';
import type { KeyStore } from '../../src/stores/key-store.ts';
import { createTestKey } from '../../src/stores/key.fixture.ts';
import { openKeyStore } from '../../src/stores/open-key-store.ts';
import { waitUntil } from '../support/wait.ts';
import { RedisServer, withoutRedis } from './redis-server.ts';
import { Relay } from './relay.ts';
import { testKeyStore } from './suite.ts';

describe('the store in Redis', { skip: withoutRedis }, () => {
  let server: RedisServer;
  before(async () => {
    server = await RedisServer.start();
  });
  after(() => server.stop());

  const prepare = async () => {
    await server.command('FLUSHALL');
    return () => openKeyStore(server.url);
  };
  testKeyStore(prepare, { shared: true });

  test('keeps the keys of two databases apart', async () => {
    await server.command('FLUSHALL');
    const [zero, five] = [await openKeyStore(server.url), await openKeyStore(`${server.url}/5`)];
    const { key } = createTestKey();
    await five.create(key);
    assert.deepEqual(await five.list(), [key]);
    assert.deepEqual(await zero.list(), []);
    await Promise.all([zero.close(), five.close()]);
  });

  test('rejects a record that it cannot read', async () => {
    await server.command('FLUSHALL');
    const store = await openKeyStore(server.url);
    const { key } = createTestKey();
    await store.create(key);
    await server.command('HSET', `{sluice:keys}:key:${key.sha256}`, 'permissions', 'no list');
    await assert.rejects(store.findByDigest(key.sha256), StoreUnavailableError);
    await store.close();
  });

  test('refuses a number that the server has no database for, at once', async () => {
    const startedAt = performance.now();
    await assert.rejects(openKeyStore(`${server.url}/16`), /DB index is out of range/);
    assert.ok(performance.now() - startedAt < 5_000);
  });

  test('says after some time of trying that nobody is there', async () => {
    const gone = await RedisServer.start();
    await gone.stop();
    const startedAt = performance.now();
    await assert.rejects(openKeyStore(`redis://:secret@127.0.0.1:${gone.port}`, { startupMs: 500 }), (error) => {
      assert.ok(error instanceof StoreUnavailableError);
      assert.equal(
        error.message,
        `Redis at redis://127.0.0.1:${gone.port} could not be used within 0.5 s: ` +
          `connect ECONNREFUSED 127.0.0.1:${gone.port}.`,
      );
      return true;
    });
    assert.ok(performance.now() - startedAt >= 499);
  });

  test('waits for a server that starts later', async () => {
    const late = await RedisServer.start();
    await late.kill();
    const opening = openKeyStore(late.url);
    await late.restart();
    const store = await opening;
    assert.equal(store.up, true);
    await store.close();
    await late.stop();
  });
});

describe('the store in Redis, when the server is lost', { skip: withoutRedis }, () => {
  let server: RedisServer;
  let store: KeyStore;
  const states: boolean[] = [];
  before(async () => {
    server = await RedisServer.start();
    store = await openKeyStore(server.url);
    store.onStateChange((up) => states.push(up));
  });
  after(async () => {
    await store.close();
    await server.stop();
  });

  const expectQuickRejection = async (limitMs: number) => {
    const startedAt = performance.now();
    await assert.rejects(store.findByDigest('00'), StoreUnavailableError);
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs < limitMs, `${tookMs} ms`);
  };
  const comesBack = () => waitUntil('the store is back', () => store.up);

  test('rejects at once, says so once, and is back by itself', async () => {
    states.length = 0;
    await server.kill();
    await waitUntil('the store is away', () => !store.up);
    for (let round = 0; round < 10; round += 1) await expectQuickRejection(50);
    assert.deepEqual(states, [false]);
    await server.restart();
    await comesBack();
    const { key } = createTestKey();
    await store.create(key);
    assert.deepEqual(await store.findById(key.id), key);
  });

  test('hears what others change after it is back', async () => {
    await server.kill();
    await waitUntil('the store is away', () => !store.up);
    await server.restart();
    await comesBack();
    const other = await openKeyStore(server.url);
    const told: string[] = [];
    store.onChange(({ id }) => told.push(id));
    const { key } = createTestKey();
    await other.create(key);
    await waitUntil('the change is told', () => told.includes(key.id));
    await other.close();
  });

  test('rejects the first request within 200 ms and the next ones at once when the server hangs', async () => {
    server.pause();
    try {
      await expectQuickRejection(300);
      assert.equal(store.up, false);
      await expectQuickRejection(50);
    } finally {
      server.resume();
    }
    await comesBack();
  });

  test('notices a hanging server without being asked anything', async () => {
    server.pause();
    try {
      await waitUntil('the store is away', () => !store.up);
    } finally {
      server.resume();
    }
    await comesBack();
  });

  test('notices that it no longer hears what is published', async () => {
    states.length = 0;
    await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await waitUntil('the store was away and is back', () => states.length >= 2 && store.up);
  });

  test('is back after its connections were cut, whichever they are', async () => {
    for (let round = 0; round < 5; round += 1) {
      states.length = 0;
      await server.command('CLIENT', 'KILL', 'SKIPME', 'yes');
      await waitUntil('the store was away and is back', () => states.length >= 2 && store.up);
    }
  });

  test('makes new connections in place of those that nobody answers', async () => {
    const relay = await Relay.start(server.port);
    const relayed = await openKeyStore(relay.url);
    relay.swallow();
    await waitUntil('the store is away', () => !relayed.up);
    await waitUntil('the store is back', () => relayed.up);
    await relayed.close();
    await relay.stop();
  });
});
