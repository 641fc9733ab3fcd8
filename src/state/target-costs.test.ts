import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frozenMicros } from './fixtures/hammer-jobs.ts';
import { runHammers } from './fixtures/run-hammers.ts';
import { createSharedState } from './layout.ts';
import { TargetCosts } from './target-costs.ts';

const shape = { workers: 4, routes: 1, upstreams: 1, targets: 3, series: 1, buckets: 8 };
const second = 1e6;

function createCosts({ startMicros = 5 * second } = {}) {
  const clock = { micros: startMicros, nowMicros: () => clock.micros };
  const costs = new TargetCosts(createSharedState(shape), clock);
  const rounded = (slot: number) => Math.round(costs.of(slot));
  return { clock, costs, rounded };
}

test('a target that nobody has asked costs nothing, and the first answer is the average', () => {
  const { costs, rounded } = createCosts();
  assert.equal(costs.of(1), 0);
  costs.observe(1, 4_000);
  assert.deepEqual([rounded(0), rounded(1), rounded(2)], [0, 4_000, 0]);
});

test('a slower answer is believed at once, quicker ones bit by bit', () => {
  const { clock, costs, rounded } = createCosts();
  costs.observe(0, 1_000);
  clock.micros += 100;
  costs.observe(0, 50_000);
  assert.equal(rounded(0), 50_000);
  clock.micros += 10 * second;
  costs.observe(0, 1_000);
  // After one time constant, 1/e of the old average is left.
  assert.ok(Math.abs(costs.of(0) - (50_000 / Math.E + 1_000 * (1 - 1 / Math.E))) < 5, `${costs.of(0)}`);
});

test('many small steps of time come to the same as one', () => {
  const { clock, costs } = createCosts();
  costs.observe(0, 100_000);
  for (let step = 0; step < 10_000; step += 1) {
    clock.micros += 1_000;
    costs.observe(0, 1_000);
  }
  assert.ok(Math.abs(costs.of(0) - (100_000 / Math.E + 1_000 * (1 - 1 / Math.E))) < 200, `${costs.of(0)}`);
});

test('without answers the average fades, so that a target which was slow is tried again', () => {
  const { clock, costs, rounded } = createCosts();
  costs.observe(0, 100_000);
  clock.micros += 20 * second;
  assert.ok(Math.abs(costs.of(0) - 100_000 / Math.E ** 2) < 20);
  clock.micros += 600 * second;
  assert.equal(rounded(0), 0);
});

test('a quick failure makes a target no cheaper, and one without an answer twice as dear', () => {
  const { clock, costs, rounded } = createCosts();
  costs.observe(0, 10_000);
  clock.micros += 10 * second;
  costs.observeFailure(0, 5);
  assert.equal(rounded(0), 10_000);
  costs.penalise(0, 5);
  assert.equal(rounded(0), 20_000);
  costs.penalise(0, 45_000);
  assert.equal(rounded(0), 45_000);
  for (let failure = 0; failure < 40; failure += 1) costs.penalise(0, 5);
  assert.equal(rounded(0), 10 * second);
  costs.penalise(1, 5);
  assert.equal(rounded(1), 1_000);
});

test('a clock that another thread has read a little earlier counts as no time', () => {
  const { clock, costs, rounded } = createCosts();
  costs.observe(0, 10_000);
  clock.micros -= second / 2;
  assert.equal(rounded(0), 10_000);
  costs.observe(0, 1_000);
  assert.equal(rounded(0), 10_000);
});

test('an average that is days old is forgotten, even where the time of 32 bits runs over', () => {
  for (const days of [1, 2, 3]) {
    const { clock, costs, rounded } = createCosts({ startMicros: 100 * 86_400 * second });
    costs.observe(0, 10_000);
    clock.micros += days * 86_400 * second;
    assert.equal(rounded(0), 0, `${days} days`);
    costs.observe(0, 300);
    assert.equal(rounded(0), 300, `${days} days`);
  }
});

test('workers that have answers at once lose no peak, and the average stays among what they saw', async () => {
  const state = createSharedState(shape);
  const results = await runHammers(state, 4, { kind: 'costs', turns: 100_000 });
  for (const [cost = 0] of results) assert.ok(cost > 50 && cost < 200, `${cost}`);
  // The last and largest of the four, however they came.
  const costs = new TargetCosts(state, { nowMicros: () => frozenMicros });
  assert.equal(Math.round(costs.of(1) / 1_000), 4);
});
