import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  bucketIndex,
  bucketLowerBound,
  bucketsPerHistogram,
  bucketUpperBound,
  maxMicroseconds,
} from './histogram-buckets.ts';

test('the buckets cover 0 to the largest duration without a gap', () => {
  assert.equal(bucketLowerBound(0), 0);
  for (let index = 0; index < bucketsPerHistogram; index += 1) {
    assert.equal(bucketIndex(bucketLowerBound(index)), index);
    assert.equal(bucketIndex(bucketUpperBound(index) - 1), index);
    assert.ok(bucketUpperBound(index) > bucketLowerBound(index));
  }
  assert.equal(bucketUpperBound(bucketsPerHistogram - 1), maxMicroseconds + 1);
});

test('the middle of its bucket is within 2 % of any duration', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 32, noNaN: true }), (exponent) => {
      const microseconds = Math.min(maxMicroseconds, Math.floor(2 ** exponent));
      const index = bucketIndex(microseconds);
      const middle = (bucketLowerBound(index) + bucketUpperBound(index) - 1) / 2;
      assert.ok(Math.abs(middle - microseconds) <= 0.02 * microseconds, `${microseconds} is filed at ${middle}`);
    }),
  );
});

test('fractions are dropped, and what is out of range goes to the nearest end', () => {
  assert.equal(bucketIndex(12.9), 12);
  for (const least of [-1, -Infinity, NaN, 0.3]) assert.equal(bucketIndex(least), 0);
  for (const most of [2 ** 32, 2 ** 40, Infinity]) assert.equal(bucketIndex(most), bucketsPerHistogram - 1);
});
