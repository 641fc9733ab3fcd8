import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Limiter, LimitVerdict } from '../../src/core/ports.ts';
import { StoreUnavailableError } from '../../src/core/store-unavailable-error.ts';
import type { RedisLimiters } from '../../src/stores/redis-limits.ts';
import { waitUntil } from '../support/wait.ts';
import { closeAllLimiters, createOwnLimiters, openLimiters } from './redis-limiters.fixture.ts';
import { RedisServer, withoutRedis } from './redis-server.ts';
import { Relay } from './relay.ts';

/** The contract's 200 ms, and some for a machine that has much to do. */
const longestWaitMs = 300;
const limit = { emissionMicros: 3_600_000_000, burst: 10 };

async function timed<Value>(ask: () => Value | Promise<Value>): Promise<{ value: Value; tookMs: number }> {
  const startedAt = performance.now();
  const value = await ask();
  return { value, tookMs: performance.now() - startedAt };
}

after(closeAllLimiters);

describe('limits in Redis, when the server is lost', { skip: withoutRedis }, () => {
  let server: RedisServer;
  let limiters: RedisLimiters;
  let limiter: Limiter;
  let states: { up: boolean; reason: string }[];
  before(async () => {
    server = await RedisServer.start();
  });
  after(() => server.stop());
  beforeEach(async () => {
    await server.command('FLUSHALL');
    ({ limiters, states } = await openLimiters(server.url, { own: createOwnLimiters() }));
    limiter = limiters.create('scope', limit);
    assert.equal((await limiter.take('a')).remaining, 9);
  });
  afterEach(() => limiters.close());

  const isAway = () => waitUntil('the limits are not shared', () => !limiters.up);
  const isBack = () => waitUntil('the limits are shared again', () => limiters.up);
  /** Nothing is awaited any more: what comes back is no promise. */
  const expectOwn = (subject: string, remaining: number) => {
    const verdict = limiter.take(subject);
    assert.ok(!(verdict instanceof Promise));
    assert.equal(verdict.remaining, remaining);
  };

  test('a killed server: the own buckets count at once, then the shared ones by themselves', async () => {
    await server.kill();
    const { value, tookMs } = await timed(() => limiter.take('a'));
    assert.ok(tookMs < longestWaitMs, `${tookMs} ms`);
    assert.equal(value.remaining, 9);
    await isAway();
    expectOwn('a', 8);
    await server.restart();
    await isBack();
    assert.equal((await limiter.take('a')).remaining, 9);
    assert.deepEqual(
      states.map(({ up }) => up),
      [true, false, true],
    );
    assert.match(states[1]?.reason ?? '', /closed|ECONN|EPIPE|no connection/);
  });

  test('a frozen server: whoever notices waits 200 ms, all of them together, and nobody after them', async () => {
    server.pause();
    try {
      const subjects = ['a', 'b', 'c', 'c', 'c'];
      const { value: verdicts, tookMs } = await timed(() =>
        Promise.all(subjects.map(async (subject) => limiter.take(subject))),
      );
      assert.ok(tookMs < longestWaitMs, `${tookMs} ms`);
      // Each has its own verdict, though they were given up in one go.
      assert.deepEqual(
        verdicts.map(({ remaining }: LimitVerdict) => remaining),
        [9, 9, 9, 8, 7],
      );
      for (let remaining = 6; remaining > 0; remaining -= 1) expectOwn('c', remaining);
    } finally {
      server.resume();
    }
    await isBack();
    assert.equal((await limiter.take('d')).remaining, 9);
    assert.deepEqual(
      states.map(({ up }) => up),
      [true, false, true],
    );
    assert.match(states[1]?.reason ?? '', /in time|timed out/);
  });

  test('a frozen server is noticed without a request', async () => {
    server.pause();
    try {
      await isAway();
    } finally {
      server.resume();
    }
    await isBack();
  });

  test('a server that refuses to write is lost as well', async () => {
    await server.command('REPLICAOF', '127.0.0.1', '1');
    const { value, tookMs } = await timed(() => limiter.take('a'));
    assert.ok(tookMs < longestWaitMs, `${tookMs} ms`);
    assert.equal(value.remaining, 9);
    assert.equal(limiters.up, false);
    await server.command('REPLICAOF', 'NO', 'ONE');
    await isBack();
    assert.equal((await limiter.take('a')).remaining, 8);
  });

  test('connections that nobody answers are replaced by new ones', async (context) => {
    const relay = await Relay.start(server.port);
    context.after(() => relay.stop());
    const relayed = await openLimiters(relay.url, { own: createOwnLimiters() });
    relay.swallow();
    await waitUntil('the limits are not shared', () => !relayed.limiters.up);
    await waitUntil('the limits are shared again', () => relayed.limiters.up);
  });

  test('closing gives what is under way to the own buckets, and ends', async () => {
    server.pause();
    try {
      const taking = limiter.take('a');
      limiters.close();
      limiters.close();
      assert.equal((await taking).remaining, 9);
      expectOwn('a', 8);
    } finally {
      server.resume();
    }
  });
});

describe('limits in Redis, when requests are to be rejected while it is lost', { skip: withoutRedis }, () => {
  test('the first waits 200 ms, the others not at all, and they pass again when it is back', async (context) => {
    const server = await RedisServer.start();
    context.after(() => server.stop());
    const { limiters } = await openLimiters(server.url, { onFailure: 'reject' });
    const limiter = limiters.create('scope', limit);
    server.pause();
    const take = async () => limiter.take('a');
    const first = await timed(() => assert.rejects(take, StoreUnavailableError));
    assert.ok(first.tookMs < longestWaitMs, `${first.tookMs} ms`);
    const others = await timed(async () => {
      for (let round = 0; round < 10; round += 1)
        await assert.rejects(take, /Redis at redis:.* cannot be used for limits/);
    });
    assert.ok(others.tookMs < 100, `${others.tookMs} ms`);
    server.resume();
    await waitUntil('the limits are shared again', () => limiters.up);
    await take();
  });
});

describe('limits in Redis, when the server is not there at the start', { skip: withoutRedis }, () => {
  test('are the own ones, which is told once, with the reason and without a secret', async (context) => {
    const server = await RedisServer.start('--requirepass', 'right');
    context.after(() => server.stop());
    const wrong = await openLimiters(`redis://:hunter2@127.0.0.1:${server.port}`, { onFailure: 'reject' });
    assert.equal(wrong.states.length, 1);
    assert.match(wrong.states[0]?.reason ?? '', /WRONGPASS/);
    const taking = Promise.resolve(wrong.limiters.create('scope', limit).take('a'));
    await assert.rejects(taking, (error) => error instanceof Error && !/hunter2/.test(error.stack ?? ''));
    await server.stop();
    const gone = await openLimiters(`redis://:right@127.0.0.1:${server.port}`, { own: createOwnLimiters() });
    assert.equal(gone.states[0]?.up, false);
    assert.match(gone.states[0]?.reason ?? '', /ECONNREFUSED/);
    const verdict = gone.limiters.create('scope', limit).take('a');
    assert.ok(!(verdict instanceof Promise));
  });
});

describe('limits in a Redis cluster', { skip: withoutRedis }, () => {
  test('are shared, lost and found again', async (context) => {
    const options = '--cluster-enabled yes --cluster-port {free} --cluster-announce-ip 127.0.0.1';
    const server = await RedisServer.start(...options.split(' '));
    context.after(() => server.stop());
    await server.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    const own = createOwnLimiters();
    const { limiters, states } = await openLimiters(`redis+cluster://127.0.0.1:${server.port}`, { own });
    await waitUntil('the limits are shared', () => limiters.up);
    const limiter = limiters.create('scope', limit);
    const taken = await Promise.all(['a', 'b', 'c', 'a'].map(async (subject) => limiter.take(subject)));
    assert.deepEqual(
      taken.map(({ remaining }) => remaining),
      [9, 9, 9, 8],
    );
    server.pause();
    const { tookMs } = await timed(() => limiter.take('a'));
    assert.ok(tookMs < longestWaitMs, `${tookMs} ms`);
    assert.equal(limiters.up, false);
    server.resume();
    await waitUntil('the limits are shared again', () => limiters.up);
    assert.equal((await limiter.take('c')).remaining, 8);
    assert.equal(states.at(-1)?.up, true);
  });
});
