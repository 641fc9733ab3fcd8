import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadCounts } from '../../state/load-counts.ts';
import { UpstreamBench, type BenchOptions } from '../fixtures/upstream-bench.ts';
import { LeastRequests } from './least-requests.ts';

function createBench(names: string, options: BenchOptions = {}): UpstreamBench {
  return new UpstreamBench(names, {
    ...options,
    createBalancer: ({ loads, random }) => new LeastRequests(loads, random),
  });
}

test('the target with the fewest requests in flight is next, whatever the others have', () => {
  const bench = createBench('abcde');
  const loads: Record<string, number> = { a: 4, b: 9, c: 2, d: 3, e: 7 };
  for (const [name, load] of Object.entries(loads)) bench.load(name, load);
  const picked: string[] = [];
  for (let request = 0; request < 200; request += 1) {
    const name = bench.pick(1);
    const least = Math.min(...Object.values(loads));
    assert.equal(loads[name], least, `request ${request}: ${name} of ${JSON.stringify(loads)}`);
    bench.load(name, 1);
    loads[name] = least + 1;
    picked.push(name);
    // Requests end too, whichever comes.
    const ending =
      picked.length % 3 === 0 ? picked.splice(Math.floor(bench.random() * picked.length), 1)[0] : undefined;
    if (ending === undefined) continue;
    bench.watch.onLeave(bench.named(ending));
    loads[ending] = (loads[ending] ?? 0) - 1;
  }
});

test('requests that do not end are shared out by weight, exactly', () => {
  const bench = createBench('abc', { weights: [3, 1, 2] });
  for (let request = 0; request < 60; request += 1) bench.load(bench.pick(1), 1);
  assert.deepEqual(
    bench.targets.map(({ slot }) => bench.loads.of(slot)),
    [30, 10, 20],
  );
});

test('ties are broken by chance, and each of them comes as often', () => {
  const bench = createBench('abcd');
  bench.load('b', 1);
  const [a = 0, b = 0, c = 0, d = 0] = bench.count(3_000);
  assert.equal(b, 0);
  for (const count of [a, c, d]) assert.ok(Math.abs(count - 1_000) < 100, `${a} ${c} ${d}`);
});

test('what other workers have in flight counts', () => {
  const bench = createBench('ab');
  const other = new LoadCounts(bench.state, 1, 'targets');
  other.add(0);
  assert.equal(bench.pick(10), 'bbbbbbbbbb');
  bench.load('b', 2);
  assert.equal(bench.pick(10), 'aaaaaaaaaa');
});

test('a target that starts slowly counts as a light one', () => {
  const bench = createBench('ab', { slowStartMs: 10_000 });
  bench.states.markBack(0);
  for (let request = 0; request < 22; request += 1) bench.load(bench.pick(1), 1);
  assert.deepEqual([bench.loads.of(0), bench.loads.of(1)], [2, 20]);
});

test('of many targets some are looked at, and over time all', () => {
  const names = Array.from({ length: 200 }, (_, index) => String.fromCharCode(0x100 + index)).join('');
  const bench = createBench(names);
  const counts = bench.count(4_000);
  assert.ok(
    counts.every((count) => count > 0),
    counts.join(' '),
  );
  for (const name of names) bench.load(name, 1);
  bench.watch.onLeave(bench.named(names[77] ?? ''));
  const ofFree = bench.count(4_000)[77] ?? 0;
  // It is among the 32 of 200 that are looked at in 16 of 100 cases, and then it is the one.
  assert.ok(Math.abs(ofFree - 640) < 100, `${ofFree}`);
});

test('the next one is told where it is certain', () => {
  const bench = createBench('abc');
  bench.load('a', 1);
  const tie = bench.upstream.explain(null);
  assert.deepEqual([tie.next, tie.reason], [null, 'by chance: 2 are the least busy']);
  bench.load('c', 1);
  const { next, reason } = bench.upstream.explain(null);
  assert.deepEqual([next?.authority, reason], ['b', 'it has the fewest requests in flight for its weight']);
});
