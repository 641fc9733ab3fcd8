import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Buckets, readBucketEvictions, releaseBucketLocks } from './buckets.ts';
import { bucketLineOf, groupWordsOf, lockAt } from './bucket-table.ts';
import { bucketGroupsOf, createSharedState, slotsPerBucketGroup, type SharedState } from './layout.ts';
import type { Limit } from './limit.ts';

const shape = { workers: 4, routes: 1, upstreams: 1, targets: 1, series: 1, buckets: 8 };
const limit: Limit = { emissionMicros: 1_000_000, burst: 3 };

function verdictOf({ allowed, remaining, resetAfterMs, retryAfterMs }: Buckets): readonly (boolean | number)[] {
  return [allowed, remaining, resetAfterMs, retryAfterMs];
}

/** A token bucket told the plain way: a level that rises with time. Its unit is a microsecond's worth of a token. */
class ReferenceBucket {
  #level: number;
  #updatedMicros = 0;
  readonly #limit: Limit;

  constructor(ofLimit: Limit) {
    this.#limit = ofLimit;
    this.#level = ofLimit.emissionMicros * ofLimit.burst;
  }

  take(nowMicros: number): readonly (boolean | number)[] {
    const { emissionMicros, burst } = this.#limit;
    const capacity = emissionMicros * burst;
    this.#level = Math.min(capacity, this.#level + nowMicros - this.#updatedMicros);
    this.#updatedMicros = nowMicros;
    const allowed = this.#level >= emissionMicros;
    const missing = allowed ? 0 : emissionMicros - this.#level;
    if (allowed) this.#level -= emissionMicros;
    const resetAfterMs = Math.ceil((capacity - this.#level) / 1000);
    return [allowed, Math.floor(this.#level / emissionMicros), resetAfterMs, Math.ceil(missing / 1000)];
  }

  /** When it will be full, in microseconds since the epoch, if nothing more is taken. */
  fullAtMicros(): number {
    return this.#updatedMicros + this.#limit.emissionMicros * this.#limit.burst - this.#level;
  }
}

/** The buckets of one group, told the plain way. */
class ReferenceTable {
  readonly limit: Limit;
  evictions = 0;
  readonly #kept = new Map<number, ReferenceBucket>();

  constructor(limitOfAll: Limit) {
    this.limit = limitOfAll;
  }

  /** 'either' when two buckets are equally near to full, so that one or the other may be forgotten. */
  take(key: number, nowMicros: number): readonly (boolean | number)[] | 'either' {
    for (const [other, bucket] of this.#kept) if (bucket.fullAtMicros() <= nowMicros) this.#kept.delete(other);
    if (!this.#kept.has(key) && this.#kept.size === slotsPerBucketGroup) {
      const [nearest, next] = [...this.#kept].sort(([, a], [, b]) => a.fullAtMicros() - b.fullAtMicros());
      if (nearest === undefined || nearest[1].fullAtMicros() === next?.[1].fullAtMicros()) return 'either';
      this.#kept.delete(nearest[0]);
      this.evictions += 1;
    }
    const bucket = this.#kept.get(key) ?? new ReferenceBucket(this.limit);
    this.#kept.set(key, bucket);
    return bucket.take(nowMicros);
  }
}

test('a bucket lets its burst through, then a token at a time as they come back', () => {
  const buckets = new Buckets(createSharedState(shape), 0);
  const verdictAt = (nowMicros: number): readonly (boolean | number)[] => {
    buckets.take(1, 2, limit, nowMicros);
    return verdictOf(buckets);
  };
  assert.deepEqual(verdictAt(0), [true, 2, 1000, 0]);
  assert.deepEqual(verdictAt(0), [true, 1, 2000, 0]);
  assert.deepEqual(verdictAt(0), [true, 0, 3000, 0]);
  assert.deepEqual(verdictAt(0), [false, 0, 3000, 1000]);
  assert.deepEqual(verdictAt(999_999), [false, 0, 2001, 1]);
  assert.deepEqual(verdictAt(1_000_000), [true, 0, 3000, 0]);
  assert.deepEqual(verdictAt(60_000_000), [true, 2, 1000, 0]);
});

test('a key is all 64 bits of it, whether its halves are given signed or not', () => {
  const buckets = new Buckets(createSharedState({ ...shape, buckets: 64 }), 0);
  const once: Limit = { emissionMicros: 1000, burst: 1 };
  assert.equal(buckets.take(-1, -8, once, 0), true);
  assert.equal(buckets.take(0xffff_ffff, 0xffff_fff8, once, 0), false);
  assert.equal(buckets.take(-2, -8, once, 0), true);
  assert.equal(buckets.take(-1, -16, once, 0), true);
  assert.equal(buckets.take(-1, -8, once, 0), false);
});

test('any arrivals get the verdicts of a plain token bucket', () => {
  const gaps = fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 10, arbitrary: fc.integer({ min: 0, max: 3000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
  );
  const arrivals = fc.array(fc.record({ gapMicros: gaps, key: fc.integer({ min: 0, max: slotsPerBucketGroup - 1 }) }), {
    maxLength: 200,
    size: 'max',
  });
  const limits = fc.record({
    emissionMicros: fc.integer({ min: 1, max: 40_000 }),
    burst: fc.integer({ min: 1, max: 12 }),
  });
  const verdicts = { allowed: 0, refused: 0 };
  fc.assert(
    fc.property(limits, arrivals, (anyLimit, sequence) => {
      const state = createSharedState(shape);
      const workers = [new Buckets(state, 0), new Buckets(state, 1)] as const;
      const references = Array.from({ length: slotsPerBucketGroup }, () => new ReferenceBucket(anyLimit));
      let nowMicros = 0;
      for (const [position, { gapMicros, key }] of sequence.entries()) {
        nowMicros += gapMicros;
        const buckets = workers[position % 2 === 0 ? 0 : 1];
        verdicts[buckets.take(key, -8 * key, anyLimit, nowMicros) ? 'allowed' : 'refused'] += 1;
        assert.deepEqual(verdictOf(buckets), references[key]?.take(nowMicros));
      }
      assert.equal(readBucketEvictions(state), 0);
    }),
    { numRuns: 300 },
  );
  assert.ok(Math.min(verdicts.allowed, verdicts.refused) > 1000, JSON.stringify(verdicts));
});

test('with more keys than slots, the bucket nearest to full is forgotten, and counted only if it was not full', () => {
  const arrivals = fc.array(
    fc.record({ gapMicros: fc.integer({ min: 1, max: 2500 }), key: fc.integer({ min: 1, max: 9 }) }),
    { maxLength: 200, size: 'max' },
  );
  let evictionsInAll = 0;
  fc.assert(
    fc.property(arrivals, (sequence) => {
      const state = createSharedState(shape);
      const buckets = new Buckets(state, 0);
      const reference = new ReferenceTable({ emissionMicros: 8009, burst: 4 });
      let nowMicros = 1;
      for (const { gapMicros, key } of sequence) {
        nowMicros += gapMicros;
        const verdict = reference.take(key, nowMicros);
        if (verdict === 'either') break;
        buckets.take(key, 0, reference.limit, nowMicros);
        assert.deepEqual(verdictOf(buckets), verdict);
        assert.equal(readBucketEvictions(state), reference.evictions);
      }
      evictionsInAll += reference.evictions;
    }),
    { numRuns: 300 },
  );
  assert.ok(evictionsInAll > 1000, `${evictionsInAll} evictions put the rule to the test`);
});

test('a successor frees the lock of the worker that died before it, and no other', () => {
  const state = createSharedState({ ...shape, buckets: 32 });
  lockAs(state, 1, 3);
  lockAs(state, 0, 5);
  const buckets = new Buckets(state, 1);
  assert.deepEqual(locksOf(state), [0, 0, 0, 0, 0, 1, 0, 0]);
  releaseBucketLocks(state, 0);
  assert.deepEqual(locksOf(state), new Array(8).fill(0));
  assert.equal(buckets.take(0, 3, limit, 0), true);
});

test('a lock that another worker took since is left to it', () => {
  const state = createSharedState({ ...shape, buckets: 32 });
  new Buckets(state, 1).take(0, 3, limit, 0);
  lockAs(state, 0, 3);
  releaseBucketLocks(state, 1);
  assert.deepEqual(locksOf(state), [0, 0, 0, 1, 0, 0, 0, 0]);
});

test('an index that has no region is refused', () => {
  assert.throws(() => new Buckets(createSharedState(shape), 4), /Worker 4 has no region/);
});

/** As a worker leaves it that is terminated while it holds the lock of a group. */
function lockAs(state: SharedState, workerIndex: number, group: number): void {
  new Int32Array(state.buffer, bucketLineOf(state, workerIndex) + 8, 1)[0] = group + 1;
  groupWordsOf(state)[lockAt(group)] = workerIndex + 1;
}

function locksOf(state: SharedState): number[] {
  const words = groupWordsOf(state);
  return Array.from({ length: bucketGroupsOf(state.shape) }, (_, group) => words[lockAt(group)] ?? 0);
}
