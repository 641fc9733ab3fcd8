import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import type { LimiterFactory, LimitVerdict } from '../../src/core/ports.ts';
import { createLookingLimiters } from '../../src/stores/redis-limit-looks.ts';
import { StoreUnavailableError } from '../../src/core/store-unavailable-error.ts';
import { startRefusedPort } from '../support/refused-port.ts';
import { closeAllLimiters, openLimiters } from './redis-limiters.fixture.ts';
import { RedisServer, withoutRedis } from './redis-server.ts';

const hourly = { emissionMicros: 3_600_000_000, burst: 3 };
const own: LimiterFactory = {
  create: () => ({ take: () => ({ allowed: true, remaining: 77, resetAfterMs: 0, retryAfterMs: 0 }) }),
};

after(closeAllLimiters);

describe('a look at limits in Redis', { skip: withoutRedis }, () => {
  let server: RedisServer;
  let client: Redis;
  before(async () => {
    server = await RedisServer.start();
    client = new Redis(server.port);
  });
  after(async () => {
    client.disconnect();
    await server.stop();
  });

  test('says what the take after it says, and leaves nothing behind', async (t) => {
    const looking = createLookingLimiters({ store: server.url, on_store_failure: 'reject' }, own);
    t.after(() => looking.close());
    const look = looking.create('scope', hourly);
    const takes = (await openLimiters(server.url)).limiters.create('scope', hourly);
    const withoutTimes = ({ allowed, remaining }: LimitVerdict) => ({ allowed, remaining });
    // Limiters that take write a probe, which expires.
    const listBuckets = async () => (await client.keys('*')).filter((key) => !key.includes(':probe:'));
    assert.deepEqual(await listBuckets(), []);
    for (let request = 0; request < 5; request += 1) {
      const present = await listBuckets();
      const seen = await look.take('192.0.2.1');
      assert.deepEqual(withoutTimes(await look.take('192.0.2.1')), withoutTimes(seen));
      assert.deepEqual(await listBuckets(), present);
      const took = await takes.take('192.0.2.1');
      assert.deepEqual(withoutTimes(seen), withoutTimes(took));
      assert.ok(Math.abs(seen.resetAfterMs - took.resetAfterMs) < 10_000);
      assert.ok(Math.abs(seen.retryAfterMs - took.retryAfterMs) < 10_000);
    }
  });
});

describe('a look at limits where Redis is away', () => {
  test('is one at those of this process, or a refusal, as it is for requests', async (t) => {
    const store = (await startRefusedPort(t)).replace('http:', 'redis:');
    const lenient = createLookingLimiters({ store, on_store_failure: 'fallback' }, own);
    t.after(() => lenient.close());
    assert.equal((await lenient.create('scope', hourly).take('a')).remaining, 77);
    const strict = createLookingLimiters({ store, on_store_failure: 'reject' }, own);
    t.after(() => strict.close());
    await assert.rejects(async () => await strict.create('scope', hourly).take('a'), StoreUnavailableError);
  });
});
