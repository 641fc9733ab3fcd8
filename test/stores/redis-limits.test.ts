import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import type { LimitVerdict, TokenLimit } from '../../src/core/ports.ts';
import { limitKeyPrefix, limitKeySuffix, limitScript } from '../../src/stores/redis-limit-script.ts';
import { createLimiters } from '../../src/stores/redis-limits.ts';
import { within } from '../support/wait.ts';
import { closeAllLimiters, createOwnLimiters, openLimiters, readVerdict } from './redis-limiters.fixture.ts';
import { RedisServer, withoutRedis } from './redis-server.ts';

const takerFile = fileURLToPath(new URL('./limit-taker.ts', import.meta.url));
const hourMicros = 3_600_000_000;

/** A token bucket told the plain way: a level that rises with time. Its unit is a microsecond's worth of a token. */
class ReferenceBucket {
  private readonly emission: number;
  private readonly capacity: number;
  private level: number;
  private updatedMicros = 0;

  constructor({ emissionMicros, burst }: TokenLimit) {
    this.emission = emissionMicros;
    this.capacity = emissionMicros * burst;
    this.level = this.capacity;
  }

  /** Whether there was a token, and the microseconds until the bucket is full. */
  take(nowMicros: number): [number, number] {
    this.level = Math.min(this.capacity, this.level + nowMicros - this.updatedMicros);
    this.updatedMicros = nowMicros;
    const allowed = this.level >= this.emission;
    if (allowed) this.level -= this.emission;
    return [allowed ? 1 : 0, this.capacity - this.level];
  }
}

/** Many takes at times that are given, as one script: for its length time stands still, so that no bucket expires. */
function createTimedScript(): string {
  const [head, tail, ...more] = limitScript.split("redis.call('TIME')");
  assert.ok(tail !== undefined && more.length === 0);
  return `
    local function take(KEYS, ARGV) ${head}{ ARGV[3], ARGV[4] }${tail} end
    local verdicts = {}
    for at = 3, #ARGV, 2 do verdicts[#verdicts + 1] = take(KEYS, { ARGV[1], ARGV[2], ARGV[at], ARGV[at + 1] }) end
    redis.call('DEL', KEYS[1])
    return verdicts`;
}

/** What a number of takes in another process came to, once `go` is called. */
async function startTaker(url: string, subject: string, takes: number, { emissionMicros, burst }: TokenLimit) {
  const words = [takerFile, url, subject, takes, emissionMicros, burst].map(String);
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  let printed = '';
  const ready = Promise.withResolvers<void>();
  child.stdout.on('data', (text: Buffer) => {
    printed += text.toString();
    if (printed.startsWith('ready\n')) ready.resolve();
  });
  const closed = once(child, 'close');
  await within('the other process is ready', ready.promise);
  return async () => {
    child.stdin.write('.');
    await within('the other process has ended', closed);
    return JSON.parse(printed.slice('ready\n'.length)) as LimitVerdict[];
  };
}

after(closeAllLimiters);

describe('limits in Redis', { skip: withoutRedis }, () => {
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

  test('any takes at any times get the verdicts of a plain token bucket', async () => {
    const script = createTimedScript();
    const gaps = fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 10, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
    );
    const limits = fc.record({
      emissionMicros: fc.integer({ min: 1, max: 40_000 }),
      burst: fc.integer({ min: 1, max: 12 }),
    });
    const starts = fc.integer({ min: 0, max: 2 ** 51 - 1 });
    const count = { allowed: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(limits, starts, fc.array(gaps, { maxLength: 200, size: 'max' }), async (limit, start, list) => {
        const reference = new ReferenceBucket(limit);
        let nowMicros = start;
        const times = list.map((gapMicros) => (nowMicros += gapMicros));
        const words = times.flatMap((micros) => [Math.floor(micros / 1e6), micros % 1e6]);
        const { emissionMicros, burst } = limit;
        const verdicts = await client.eval(script, 1, 'timed', emissionMicros, emissionMicros * burst, ...words);
        assert.deepEqual(
          verdicts,
          times.map((micros) => reference.take(micros)),
        );
        for (const [taken] of verdicts) count[taken === 1 ? 'allowed' : 'refused'] += 1;
      }),
      { numRuns: 300 },
    );
    assert.ok(Math.min(count.allowed, count.refused) > 1_000, JSON.stringify(count));
  });

  test('are exact for the slowest limit that there is', async () => {
    const capacity = 2 ** 52;
    const words = [capacity / 2, capacity, 2_251_799_813, 685_247, 2_251_799_813, 685_247, 2_251_799_813, 685_247];
    const verdicts = await client.eval(createTimedScript(), 1, 'timed', ...words);
    assert.deepEqual(verdicts, [
      [1, capacity / 2],
      [1, capacity],
      [0, capacity],
    ]);
  });

  test('a bucket that would take too long to fill, after the clock was set back, counts as empty', async () => {
    const verdicts = await client.eval(createTimedScript(), 1, 'timed', 10, 30, 7_200, 0, 3_600, 0, 3_600, 10);
    assert.deepEqual(verdicts, [
      [1, 10],
      [0, 30],
      [1, 30],
    ]);
  });

  test('a value that is no time counts as a full bucket', async () => {
    const { limiters } = await openLimiters(server.url);
    await client.set(limitKeyPrefix('odd') + limitKeySuffix('a'), 'nonsense');
    const verdict = await limiters.create('odd', { emissionMicros: hourMicros, burst: 3 }).take('a');
    assert.equal(verdict.remaining, 2);
  });

  test('verdicts are those of the buckets in shared memory', async () => {
    const { limiters } = await openLimiters(server.url);
    // Time hardly passes for a token that takes 100 days, not even in ten seconds.
    const limit = { emissionMicros: 2_400 * hourMicros, burst: 2 };
    const round = ({ allowed, remaining, resetAfterMs, retryAfterMs }: LimitVerdict) => {
      const days = (ms: number) => Math.round(ms / 86_400_000);
      return { allowed, remaining, resetDays: days(resetAfterMs), retryDays: days(retryAfterMs) };
    };
    const [shared, own] = [limiters.create('like', limit), createOwnLimiters().create('like', limit)];
    for (let takes = 0; takes < 4; takes += 1) {
      assert.deepEqual(round(await shared.take('a')), round(readVerdict(await own.take('a'))));
    }
  });

  test('two processes share a limit exactly, whichever of them asks', async () => {
    const limit = { emissionMicros: hourMicros, burst: 500 };
    for (const subject of ['198.51.100.1', '2001:db8::/64', 'static:{odd} näme\u{1F511}']) {
      const takers = await Promise.all([1, 2].map(() => startTaker(server.url, subject, 400, limit)));
      const verdicts = (await Promise.all(takers.map((go) => go()))).flat();
      const allowed = verdicts.filter((verdict) => verdict.allowed);
      const left = allowed.map(({ remaining }) => remaining).sort((a, b) => a - b);
      assert.deepEqual(
        left,
        Array.from({ length: 500 }, (_, index) => index),
      );
      assert.equal(verdicts.length - allowed.length, 300);
    }
  });

  test('tokens come back by the clock of the server, however many ask', async () => {
    const { limiters } = await openLimiters(server.url);
    const limit = { emissionMicros: 20_000, burst: 5 };
    const limiter = limiters.create('steady', limit);
    const now = async () => {
      const [seconds, micros] = await client.time();
      return Number(seconds) * 1e6 + Number(micros);
    };
    const begin = await now();
    let allowed = 0;
    let end = begin;
    while (end - begin < 300_000) {
      const verdicts = await Promise.all(Array.from({ length: 20 }, async () => limiter.take('a')));
      allowed += verdicts.filter((verdict) => verdict.allowed).length;
      end = await now();
    }
    const most = limit.burst + (end - begin) / limit.emissionMicros;
    assert.ok(allowed <= most && allowed > 5, `${allowed} of at most ${most}`);
  });

  test('a limit that is given with a take counts in place of the usual one', async () => {
    const { limiters } = await openLimiters(server.url);
    const limiter = limiters.create('own', { emissionMicros: hourMicros, burst: 3 });
    assert.equal((await limiter.take('a', { emissionMicros: hourMicros, burst: 50 })).remaining, 49);
    assert.equal((await limiter.take('b')).remaining, 2);
  });

  test('the script is sent again to a server that has forgotten it', async () => {
    const { limiters, states } = await openLimiters(server.url);
    const limiter = limiters.create('forgotten', { emissionMicros: hourMicros, burst: 30 });
    for (let remaining = 29; remaining > 26; remaining -= 1) {
      await client.script('FLUSH');
      assert.equal((await limiter.take('a')).remaining, remaining);
    }
    assert.deepEqual(states, [{ up: true, reason: '' }]);
  });

  test('a full bucket costs no memory, and one that is not lives as long as it takes to fill', async () => {
    await client.flushall();
    const { limiters } = await openLimiters(server.url);
    const limiter = limiters.create('scope', { emissionMicros: 60_000_000, burst: 3 });
    await limiter.take('192.0.2.1');
    await limiter.take('192.0.2.1');
    const key = `${limitKeyPrefix('scope')}{192.0.2.1}`;
    const keys = (await client.keys('*')).filter((name) => !name.includes('probe'));
    assert.deepEqual(keys, [key]);
    const lifetimeMs = await client.pttl(key);
    assert.ok(lifetimeMs > 100_000 && lifetimeMs <= 120_001, `${lifetimeMs} ms`);
    const brief = limiters.create('brief', { emissionMicros: 1_000, burst: 1 });
    await brief.take('a');
    await within('the bucket is forgotten', untilGone(client, limitKeyPrefix('brief') + limitKeySuffix('a')));
  });

  test('no bucket is forgotten before it is full', async () => {
    await client.flushall();
    const { limiters } = await openLimiters(server.url);
    const limiter = limiters.create('scope', { emissionMicros: 60_000_000, burst: 1 });
    await Promise.all(Array.from({ length: 200 }, async (_, subject) => limiter.take(String(subject))));
    for (let subject = 0; subject < 200; subject += 1) {
      const key = limitKeyPrefix('scope') + limitKeySuffix(String(subject));
      const [fullAt, expiresAtMs] = [Number(await client.get(key)), await client.pexpiretime(key)];
      assert.ok(expiresAtMs * 1_000 >= fullAt, `${expiresAtMs} ms, ${fullAt} µs`);
    }
  });

  test('a user of Redis needs no more rights than are documented', async () => {
    const rights = '~sluice:limits:* -@all +@connection +info +eval +evalsha +time +get +set';
    await server.command('ACL', 'SETUSER', 'limiter', 'on', '>secret', ...rights.split(' '));
    const { limiters } = await openLimiters(`redis://limiter:secret@127.0.0.1:${server.port}`);
    assert.equal((await limiters.create('rights', { emissionMicros: hourMicros, burst: 3 }).take('a')).remaining, 2);
  });

  test('scopes and databases are apart, and no subject can be written to look like another', async () => {
    const [zero, five] = [await openLimiters(server.url), await openLimiters(`${server.url}/5`)];
    const limit = { emissionMicros: hourMicros, burst: 3 };
    const firsts = [
      zero.limiters.create('a', limit),
      zero.limiters.create('b', limit),
      five.limiters.create('a', limit),
    ];
    for (const limiter of firsts) {
      for (const subject of ['x', '', '{x}', 'x}', '%7Bx%7D', '\uD800']) {
        assert.equal((await limiter.take(subject)).remaining, 2, subject);
      }
    }
  });
});

describe('the limiters of a worker', () => {
  test('are its own where the store is no Redis', async () => {
    for (const store of ['memory', 'sqlite:keys.db']) {
      const limiters = createLimiters({ store, on_store_failure: 'reject' }, createOwnLimiters(), () => {});
      await limiters.ready();
      const verdict = limiters.create('scope', { emissionMicros: hourMicros, burst: 3 }).take('a');
      assert.ok(!(verdict instanceof Promise));
      assert.equal(verdict.remaining, 2);
      limiters.close();
    }
  });
});

async function untilGone(client: Redis, key: string): Promise<void> {
  while ((await client.exists(key)) === 1);
}
