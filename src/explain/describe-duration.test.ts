import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeDuration } from './describe-duration.ts';

test('durations are said in the largest units that tell enough', () => {
  const told: readonly [number, string][] = [
    [0, '0 ms'],
    [0.25, '0.3 ms'],
    [600, '600 ms'],
    [1_000, '1 s'],
    [12_345, '12.3 s'],
    [60_000, '1 min'],
    [200_000, '3 min 20 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
  ];
  for (const [milliseconds, text] of told) assert.equal(describeDuration(milliseconds), text);
});
