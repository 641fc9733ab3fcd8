import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UpstreamBench, type BenchOptions } from '../fixtures/upstream-bench.ts';
import { PeakEwma } from './peak-ewma.ts';

function createBench(names: string, options: BenchOptions = {}): UpstreamBench {
  return new UpstreamBench(names, {
    ...options,
    createBalancer: ({ loads, costs, random }) => new PeakEwma({ loads, costs, random }),
  });
}

test('the one of two that takes less time gets the request', () => {
  const bench = createBench('ab');
  bench.costs.observe(0, 4_000);
  bench.costs.observe(1, 1_000);
  assert.equal(bench.pick(10), 'bbbbbbbbbb');
  // Four times as long for one request, or one of four times as many.
  bench.load('b', 4);
  assert.equal(bench.pick(10), 'aaaaaaaaaa');
});

test('targets that nobody has asked yet get one request each, before any gets a second', () => {
  const bench = createBench('abc');
  bench.costs.observe(2, 1_000);
  for (let request = 0; request < 60 && bench.loads.of(0) + bench.loads.of(1) < 2; request += 1) {
    const name = bench.pick(1);
    if (name !== 'c') bench.load(name, 1);
  }
  assert.deepEqual([bench.loads.of(0), bench.loads.of(1)], [1, 1]);
  // They have not answered: one that is known is better.
  assert.equal(createPair(bench, 'ac'), 'c');
});

/** Who gets the requests of which exactly two targets are left. */
function createPair(bench: UpstreamBench, names: string): string {
  const others = bench.targets.filter(({ authority }) => !names.includes(authority));
  return bench.upstream.pick(null, others)?.authority ?? '-';
}

test('two different ones are drawn, each pair as often', () => {
  const bench = createBench('abcd');
  // The cheaper of each pair is the earlier in the alphabet.
  for (const [index, { slot }] of bench.targets.entries()) bench.costs.observe(slot, 1_000 * (index + 1));
  const [a = 0, b = 0, c = 0, d = 0] = bench.count(6_000);
  // a is in 3 of 6 pairs, b is the best of 2, c of 1.
  for (const [count, expected] of [
    [a, 3_000],
    [b, 2_000],
    [c, 1_000],
  ] as const) {
    assert.ok(Math.abs(count - expected) < 150, `${a} ${b} ${c} ${d}`);
  }
  assert.equal(d, 0);
});

test('weights and a slow start divide the cost', () => {
  const bench = createBench('ab', { weights: [1, 3], slowStartMs: 10_000 });
  bench.costs.observe(0, 1_000);
  bench.costs.observe(1, 2_000);
  assert.equal(bench.pick(3), 'bbb');
  bench.states.markBack(1);
  assert.equal(bench.pick(3), 'aaa');
});

test('a target that was slow is asked again when it has not been for a while', () => {
  const bench = createBench('ab');
  bench.costs.observe(0, 100_000);
  for (let second = 0; second < 60; second += 1) {
    bench.costs.observe(1, 1_000);
    if (second < 40) assert.equal(bench.pick(2), 'bb', `second ${second}`);
    bench.nowMicros += 1e6;
  }
  assert.equal(bench.pick(2), 'aa');
});

test('the next one is told where it is certain', () => {
  const bench = createBench('ab');
  assert.deepEqual(
    [bench.upstream.explain(null).next, bench.upstream.explain(null).reason],
    [null, 'by chance: both are as good'],
  );
  bench.costs.observe(0, 100_000);
  bench.costs.observe(1, 1_000);
  const { next, reason } = bench.upstream.explain(null);
  assert.deepEqual([next?.authority, reason], ['b', 'a request likely takes less time there']);
  const more = createBench('abc').upstream.explain(null);
  assert.deepEqual([more.next, more.reason], [null, 'by chance: the better of two that are drawn']);
});
