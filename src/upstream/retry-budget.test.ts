import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runThreads } from '../state/fixtures/run-hammers.ts';
import { createSharedState, type SharedState } from '../state/layout.ts';
import type { HammerJob } from './fixtures/hammer-jobs.ts';
import { defaultRetryBudget, RetryBudget, type RetryBudgetOptions } from './retry-budget.ts';

const shape = { workers: 4, routes: 1, upstreams: 2, targets: 1, series: 1, buckets: 8 };

/** A clock that stands still, and the budgets on it. */
class Bench {
  readonly state: SharedState = createSharedState(shape);
  seconds = 0;
  readonly #clock = { nowMicros: () => this.seconds * 1e6 };

  create(workerIndex: number, changed: Partial<RetryBudgetOptions> = {}, upstreamSlot = 0): RetryBudget {
    const options = { ...defaultRetryBudget, ...changed };
    return new RetryBudget({ state: this.state, workerIndex, upstreamSlot, options, clock: this.#clock });
  }
}

/** How many of `asks` retries are granted. */
function take(budget: RetryBudget, asks: number): number {
  let granted = 0;
  for (let ask = 0; ask < asks; ask += 1) if (budget.takeRetry()) granted += 1;
  return granted;
}

function count(budget: RetryBudget, requests: number): void {
  for (let request = 0; request < requests; request += 1) budget.countRequest();
}

test('without requests there are three retries a second, over ten seconds', () => {
  const bench = new Bench();
  const budget = bench.create(0);
  assert.equal(take(budget, 100), 30);
  bench.seconds = 9.999;
  assert.equal(take(budget, 100), 0);
  bench.seconds = 10;
  assert.equal(take(budget, 100), 30);
});

test('a fifth of the requests of all workers may be retries', () => {
  const bench = new Bench();
  const [first, second] = [bench.create(0), bench.create(1)];
  count(first, 300);
  count(second, 200);
  assert.equal(take(first, 60) + take(second, 1000), 100);
});

test('what is more than ten seconds old counts no more, neither requests nor retries', () => {
  const bench = new Bench();
  const budget = bench.create(0);
  for (bench.seconds = 100; bench.seconds < 110; bench.seconds += 1) {
    count(budget, 100);
    assert.equal(take(budget, 20), 20);
  }
  bench.seconds = 109;
  assert.equal(take(budget, 100), 0, '200 for 1000 requests');
  bench.seconds = 110;
  assert.equal(take(budget, 100), 0, '180 for 900 requests');
  bench.seconds = 117;
  count(budget, 10);
  assert.equal(take(budget, 100), 2, '40 for 200 requests, and then 10 more');
  bench.seconds = 119;
  assert.equal(take(budget, 100), 28, 'the least of 30, of which 2 are taken');
});

test('at a steady load the retries of any ten seconds are no more than their share, however many are asked for', () => {
  const bench = new Bench();
  const budgets = [bench.create(0), bench.create(1), bench.create(2)] as const;
  const granted: number[] = [];
  for (bench.seconds = 50; bench.seconds < 150; bench.seconds += 1) {
    for (const budget of budgets) count(budget, 100);
    granted.push(budgets.reduce((sum, budget) => sum + take(budget, 300), 0));
  }
  for (let end = 20; end <= granted.length; end += 1) {
    const inWindow = granted.slice(end - 10, end).reduce((sum, each) => sum + each, 0);
    assert.equal(inWindow, 600, `ten seconds up to ${end}`);
  }
});

test('an old second is not taken for a new one at the same place of the ring', () => {
  const bench = new Bench();
  const budget = bench.create(0);
  count(budget, 1000);
  take(budget, 200);
  for (const seconds of [16, 32, 16 * 1000]) {
    bench.seconds = seconds;
    assert.equal(take(budget, 300), 30, `after ${seconds} s`);
  }
});

test('each upstream has a budget of its own', () => {
  const bench = new Bench();
  assert.equal(take(bench.create(0), 100), 30);
  assert.equal(take(bench.create(0, {}, 1), 100), 30);
});

test('a budget of nothing grants nothing', () => {
  const bench = new Bench();
  const budget = bench.create(0, { share: 0, leastPerSecond: 0 });
  count(budget, 1000);
  assert.equal(take(budget, 10), 0);
});

test('a budget refuses options that are no numbers from 0, by name', () => {
  const bench = new Bench();
  assert.throws(() => bench.create(0, { share: -0.1 }), /share to be a number from 0, not -0.1/);
  assert.throws(() => bench.create(0, { leastPerSecond: NaN }), /leastPerSecond/);
  assert.throws(() => bench.create(4), /Worker 4 has no region/);
  assert.throws(() => bench.create(0, {}, 2), /Upstream slot 2 is not below 2/);
});

test('workers that all ask at once are together granted the share and no more', async () => {
  const job: HammerJob = { kind: 'retry', requests: 5000, asks: 20_000 };
  const state = createSharedState(shape);
  const results = await runThreads(new URL('./fixtures/hammer.ts', import.meta.url), { state, workers: 4, job });
  assert.equal(
    results.reduce((sum, [granted]) => sum + (granted ?? 0), 0),
    4000,
  );
});
