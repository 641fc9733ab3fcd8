import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { LimitVerdict } from '../core/ports.ts';
import { BucketLooks } from './bucket-looks.ts';
import { groupWordsOf, lockAt } from './bucket-table.ts';
import { Buckets } from './buckets.ts';
import { bucketGroupsOf, createSharedState, type SharedState } from './layout.ts';
import { LookingLimiters, SharedLimiters } from './shared-limiter.ts';

const shape = { workers: 2, routes: 1, upstreams: 1, targets: 1, series: 1, buckets: 16 };

function verdictOf({ allowed, remaining, resetAfterMs, retryAfterMs }: LimitVerdict): LimitVerdict {
  return { allowed, remaining, resetAfterMs, retryAfterMs };
}

function digestOf({ buffer }: SharedState): string {
  return hash('sha256', new Uint8Array(buffer).slice());
}

test('a look says what the take after it says, whatever was taken before, and changes nothing', () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 40 }),
    afterMicros: fc.integer({ min: 0, max: 3_000_000 }),
    limit: fc.record({ emissionMicros: fc.integer({ min: 1, max: 2_000_000 }), burst: fc.integer({ min: 1, max: 5 }) }),
    takes: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const state = createSharedState(shape);
      const buckets = new Buckets(state, 0);
      const looks = new BucketLooks(state);
      let nowMicros = 0;
      for (const { key, afterMicros, limit, takes } of steps) {
        nowMicros += afterMicros;
        const before = digestOf(state);
        const allowed = looks.take(key * 7, key, limit, nowMicros);
        const said = verdictOf(looks);
        assert.equal(allowed, said.allowed);
        assert.equal(digestOf(state), before);
        if (!takes) continue;
        buckets.take(key * 7, key, limit, nowMicros);
        assert.deepEqual(said, verdictOf(buckets));
      }
    }),
    { numRuns: 100 },
  );
});

test('limiters that look find the buckets of those that take, by scope and subject', () => {
  const state = createSharedState(shape);
  const clock = { nowMicros: () => 5_000_000 };
  const limit = { emissionMicros: 1_000_000, burst: 3 };
  const taking = new SharedLimiters(state, 0, clock).create('route a rate_limit 1', limit);
  const looking = new LookingLimiters(state, clock).create('route a rate_limit 1', limit);
  const elsewhere = new LookingLimiters(state, clock).create('route b rate_limit 1', limit);
  taking.take('192.0.2.1');
  taking.take('192.0.2.1');
  assert.deepEqual(verdictOf(looking.take('192.0.2.1')), {
    allowed: true,
    remaining: 0,
    resetAfterMs: 3000,
    retryAfterMs: 0,
  });
  assert.equal(looking.take('192.0.2.1').allowed, true);
  assert.equal(looking.take('192.0.2.2').remaining, 2);
  assert.equal(elsewhere.take('192.0.2.1').remaining, 2);
  taking.take('192.0.2.1');
  assert.equal(looking.take('192.0.2.1').allowed, false);
});

test('a look never blocks on a lock that a dead thread holds', () => {
  const state = createSharedState(shape);
  new Buckets(state, 0).take(1, 1, { emissionMicros: 1_000_000, burst: 2 }, 0);
  const words = groupWordsOf(state);
  for (let group = 0; group < bucketGroupsOf(shape); group += 1) words[lockAt(group)] = 2;
  const looks = new BucketLooks(state);
  assert.equal(looks.take(1, 1, { emissionMicros: 1_000_000, burst: 2 }, 0), true);
  assert.equal(looks.remaining, 0);
});
