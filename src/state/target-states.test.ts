import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runHammers } from './fixtures/run-hammers.ts';
import { createSharedState } from './layout.ts';
import { targetHealthy, TargetStates, targetUnhealthy, targetUnknown } from './target-states.ts';

const shape = { workers: 4, routes: 1, upstreams: 1, targets: 3, series: 1, buckets: 8 };

test('a target is of unknown health until it is set, each on its own', () => {
  const state = createSharedState(shape);
  const targets = new TargetStates(state);
  const elsewhere = new TargetStates(state);
  assert.equal(targets.health(1), targetUnknown);
  targets.setHealth(1, targetHealthy);
  targets.setHealth(2, targetUnhealthy);
  assert.deepEqual(
    [0, 1, 2].map((slot) => elsewhere.health(slot)),
    [targetUnknown, targetHealthy, targetUnhealthy],
  );
});

test('the last check is null before the first one, and then the newest', () => {
  const targets = new TargetStates(createSharedState(shape));
  assert.equal(targets.lastCheck(2), null);
  targets.recordCheck(2, { wallTimeMs: 1_800_000_000_123, durationMs: 3.25 });
  targets.recordCheck(2, { wallTimeMs: 1_800_000_010_123, durationMs: 0.5 });
  assert.deepEqual(targets.lastCheck(2), { wallTimeMs: 1_800_000_010_123, durationMs: 0.5 });
  assert.equal(targets.lastCheck(1), null);
});

test('loads that workers add and take off at once sum up exactly', async () => {
  const state = createSharedState(shape);
  await runHammers(state, 4, { kind: 'loads', turns: 50_000 });
  const targets = new TargetStates(state);
  assert.equal(targets.load(0), 0 + 1 + 2 + 3);
  assert.equal(targets.load(1), 4 * 50_000);
  assert.equal(targets.load(2), 0);
});

test('a reader never sees the time of one check with the duration of another', async () => {
  const results = await runHammers(createSharedState(shape), 3, { kind: 'checks' });
  assert.deepEqual(results, [[0], [0], [0]]);
});
