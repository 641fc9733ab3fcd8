import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runThreads } from '../state/fixtures/run-hammers.ts';
import { createSharedState } from '../state/layout.ts';
import { TargetStates } from '../state/target-states.ts';
import { roundMs, type HammerJob } from './fixtures/hammer-jobs.ts';
import { Outliers, type OutlierOptions } from './outliers.ts';

const hammer = new URL('./fixtures/hammer.ts', import.meta.url);
const rounds = 500;

const options: OutlierOptions = {
  consecutiveFailures: 4,
  ejectionTimeMs: roundMs / 10,
  maxEjectionTimeMs: roundMs / 10,
  maxEjected: 0.5,
};

function createState() {
  return createSharedState({ workers: 4, routes: 1, upstreams: 1, targets: 6, series: 1, buckets: 8 });
}

for (const [maxEjected, mostOut] of [
  [0.5, 3],
  [0, 1],
  [1, 5],
] as const) {
  test(`of six targets that all fail everywhere at once ${mostOut} are left out, never more, and each change is told once`, async () => {
    const state = createState();
    const job: HammerJob = {
      kind: 'eject-rounds',
      options: { ...options, maxEjected },
      targets: 6,
      rounds,
      failures: 3,
    };
    const results = await runThreads(hammer, { state, workers: 4, job });
    let [left, back] = [0, 0];
    for (const [warn = 0, info = 0, most, ...atEnd] of results) {
      left += warn;
      back += info;
      assert.ok(most !== undefined && most <= mostOut, `${most} were out at once`);
      assert.deepEqual(atEnd, new Array(rounds).fill(mostOut));
    }
    assert.deepEqual([left, back], [rounds * mostOut, rounds * mostOut]);
    const clock = { nowMicros: () => (rounds + 1) * roundMs * 1000 };
    const targets = Array.from({ length: 6 }, (_, slot) => ({ slot, url: `${slot}` }));
    const states = new TargetStates(state, clock);
    const outliers = new Outliers({ state, states, targets, options, clock, tell: () => {} });
    for (const target of targets) {
      assert.deepEqual(outliers.read(target), { leftOutForMs: 0, failuresInARow: 0, timesInARow: 0 });
    }
  });
}
