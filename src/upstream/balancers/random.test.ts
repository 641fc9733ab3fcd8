import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UpstreamBench } from '../fixtures/upstream-bench.ts';
import { RandomChoice } from './random.ts';

test('each place is hit by the part of the draws that is its own', () => {
  let draw = 0;
  const random = () => (draw++ % 60) / 60;
  const even = new UpstreamBench('abc', { createBalancer: () => new RandomChoice(random) });
  assert.deepEqual(even.count(60), [20, 20, 20]);
  const weighted = new UpstreamBench('abc', { weights: [3, 1, 2], createBalancer: () => new RandomChoice(random) });
  assert.deepEqual(weighted.count(60), [30, 10, 20]);
});

test('nobody can say which is next', () => {
  const bench = new UpstreamBench('ab', { createBalancer: ({ random }) => new RandomChoice(random) });
  const { next, reason } = bench.upstream.explain(null);
  assert.deepEqual([next, reason], [null, 'by chance, by weight']);
});
