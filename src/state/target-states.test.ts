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

test('a change is noted when a target becomes fit or unfit, and only then', () => {
  const targets = new TargetStates(createSharedState(shape));
  const noteOf = (change: () => void): boolean => {
    const before = targets.changes();
    change();
    return targets.changes() !== before;
  };
  assert.ok(noteOf(() => targets.setHealth(1, targetUnhealthy)));
  assert.ok(!noteOf(() => targets.setHealth(1, targetUnhealthy)));
  assert.ok(!noteOf(() => targets.recordCheck(1, { wallTimeMs: 1, durationMs: 1 })));
  assert.ok(noteOf(() => targets.setHealth(1, targetHealthy)));
  assert.ok(noteOf(() => targets.forget(1)));
});

test('a target that recovers is back from that moment, one that was never unhealthy is not', () => {
  let nowMicros = 5e6;
  const targets = new TargetStates(createSharedState(shape), { nowMicros: () => nowMicros });
  targets.setHealth(0, targetHealthy);
  assert.equal(targets.backForMs(0, 10_000), null);
  targets.setHealth(0, targetUnhealthy);
  targets.setHealth(0, targetHealthy);
  assert.equal(targets.backForMs(0, 10_000), 0);
  nowMicros += 2.5e6;
  assert.equal(targets.backForMs(0, 10_000), 2_500);
  assert.equal(targets.backForMs(0, 2_500), null);
  // A thread that has read its clock a little earlier.
  nowMicros -= 3e6;
  assert.equal(targets.backForMs(0, 10_000), 0);
  targets.forgetBack(0);
  assert.equal(targets.backForMs(0, 10_000), null);
});

test('the moment of a return is right where milliseconds of 32 bits run over', () => {
  let nowMicros = (2 ** 32 - 100) * 1000;
  const targets = new TargetStates(createSharedState(shape), { nowMicros: () => nowMicros });
  targets.markBack(0);
  nowMicros += 300_000;
  assert.equal(targets.backForMs(0, 1_000), 300);
  // Long afterwards, with nobody having looked meanwhile.
  nowMicros += 30 * 86_400e6;
  assert.equal(targets.backForMs(0, 60_000), null);
});

test('a reader never sees the time of one check with the duration of another', async () => {
  const results = await runHammers(createSharedState(shape), 3, { kind: 'checks' });
  assert.deepEqual(results, [[0], [0], [0]]);
});
