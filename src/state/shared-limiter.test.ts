import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownConsumer } from '../core/known-consumer.ts';
import type { LimitVerdict } from '../core/ports.ts';
import { createSharedState } from './layout.ts';
import { createLimit } from './limit.ts';
import { SharedLimiters } from './shared-limiter.ts';

const hourlyThree = createLimit({ tokens: 3, periodMs: 3_600_000, burst: 3 });

function createLimiters(): { limiters: SharedLimiters; clock: { micros: number; nowMicros(): number } } {
  const state = createSharedState({ workers: 1, routes: 1, upstreams: 1, targets: 1, series: 1, buckets: 64 });
  const clock = { micros: 0, nowMicros: () => clock.micros };
  return { limiters: new SharedLimiters(state, 0, clock), clock };
}

test('scopes and subjects have buckets of their own', () => {
  const { limiters } = createLimiters();
  const [first, second] = [limiters.create('first', hourlyThree), limiters.create('second', hourlyThree)];
  for (const expected of [true, true, true, false]) assert.equal(first.take('a').allowed, expected);
  assert.equal(first.take('b').remaining, 2);
  assert.equal(second.take('a').remaining, 2);
});

test('two limiters of one scope have the same buckets, as before and after a reload', () => {
  const { limiters } = createLimiters();
  limiters.create('scope', hourlyThree).take('a');
  assert.equal(limiters.create('scope', hourlyThree).take('a').remaining, 1);
});

test('a limit that is given with a take counts in place of the usual one', () => {
  const { limiters, clock } = createLimiters();
  const limiter = limiters.create('scope', hourlyThree);
  const wide = createLimit({ tokens: 60, periodMs: 60_000, burst: 10 });
  assert.equal(limiter.take('a', wide).remaining, 9);
  for (let taken = 0; taken < 9; taken += 1) assert.equal(limiter.take('a', wide).allowed, true);
  assert.deepEqual(readVerdict(limiter.take('a', wide)), {
    allowed: false,
    remaining: 0,
    resetAfterMs: 10_000,
    retryAfterMs: 1_000,
  });
  clock.micros += 1_000_000;
  assert.equal(limiter.take('a', wide).allowed, true);
  assert.equal(limiter.take('b').remaining, 2);
});

test('a take makes no object: the verdict is the same one each time, whichever the limiter', () => {
  const { limiters } = createLimiters();
  const verdict = limiters.create('first', hourlyThree).take('a');
  assert.equal(limiters.create('second', hourlyThree).take('b', hourlyThree), verdict);
});

test('a consumer has the bucket of its id, whichever limiter counted it first', () => {
  const { limiters } = createLimiters();
  const consumer = new KnownConsumer({ id: 'id-1', name: 'app', rateLimit: null, permissions: [] });
  const [first, second] = [limiters.create('first', hourlyThree), limiters.create('second', hourlyThree)];
  assert.equal(first.take('id-1').remaining, 2);
  assert.equal(first.takeOf(consumer).remaining, 1);
  assert.equal(first.take('id-1').remaining, 0);
  assert.equal(second.takeOf(consumer).remaining, 2);
  assert.equal(second.take('id-1').remaining, 1);
  // Another memory has another seed.
  const elsewhere = createLimiters().limiters.create('first', hourlyThree);
  assert.equal(elsewhere.takeOf(consumer).remaining, 2);
  assert.equal(elsewhere.take('id-1').remaining, 1);
  assert.equal(first.takeOf(consumer).allowed, false);
});

function readVerdict({ allowed, remaining, resetAfterMs, retryAfterMs }: LimitVerdict): LimitVerdict {
  return { allowed, remaining, resetAfterMs, retryAfterMs };
}
