import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrivalAt, bucketLineOf, groupWordsOf, lockAt, tagAt } from './bucket-table.ts';
import { readBucketEvictions, releaseBucketLocks } from './buckets.ts';
import { roundMicros, type HammerResult } from './fixtures/hammer-jobs.ts';
import { runHammers } from './fixtures/run-hammers.ts';
import { bucketGroupsOf, createSharedState, slotsPerBucketGroup, type SharedState } from './layout.ts';

const shape = { workers: 4, routes: 1, upstreams: 1, targets: 1, series: 1, buckets: 8 };

function addUp(results: readonly HammerResult[]): number[] {
  return (results[0] ?? []).map((_, position) => results.reduce((sum, result) => sum + (result[position] ?? 0), 0));
}

/** The keys of the live slots, and the moments at which they will be full, as they lie in memory. */
function liveSlots(state: SharedState, nowMicros: number): { key: string; arrival: number }[] {
  const words = groupWordsOf(state);
  const arrivals = new Float64Array(state.buffer, state.offsets.bucketGroups, words.length / 2);
  return Array.from({ length: bucketGroupsOf(state.shape) * slotsPerBucketGroup }, (_, number) => {
    const group = Math.floor(number / slotsPerBucketGroup);
    const slot = number % slotsPerBucketGroup;
    return { key: `${group} ${words[tagAt(group, slot)]}`, arrival: arrivals[arrivalAt(group, slot)] ?? 0 };
  }).filter(({ arrival }) => arrival > nowMicros);
}

test('of a full bucket with a burst of N, exactly N takes pass over all workers', async () => {
  for (const burst of [1, 1000, 100_000]) {
    const results = await runHammers(createSharedState(shape), 4, { kind: 'take-one-key', burst, takes: 40_000 });
    assert.deepEqual(addUp(results), [burst]);
  }
});

test('workers that meet on new keys and free slots give every key one bucket', async () => {
  const rounds = 1500;
  const keys = slotsPerBucketGroup;
  const state = createSharedState(shape);
  const results = await runHammers(state, 4, { kind: 'take-rounds', rounds, keys, burst: 3, takes: 4 });
  assert.deepEqual(addUp(results), new Array(rounds * keys).fill(3));
  assert.equal(readBucketEvictions(state), 0);
  const live = liveSlots(state, rounds * roundMicros);
  assert.equal(new Set(live.map(({ key }) => key)).size, keys);
});

test('workers that fight over too few slots admit one burst for each slot that was claimed, and no more', async () => {
  const rounds = 400;
  const burst = 3;
  const state = createSharedState(shape);
  const results = await runHammers(state, 4, {
    kind: 'take-rounds',
    rounds,
    keys: slotsPerBucketGroup + 3,
    burst,
    takes: 4,
  });
  const admitted = addUp(results).reduce((sum, passed) => sum + passed, 0);
  const claims = rounds * slotsPerBucketGroup + readBucketEvictions(state);
  assert.ok(
    addUp(results).every((passed) => passed >= 1),
    'a new key always finds a bucket',
  );
  assert.ok(readBucketEvictions(state) >= rounds * 3, 'three keys more than there are slots do not fit');
  assert.ok(admitted >= claims && admitted <= claims * burst, `${admitted} admitted, ${claims} claims`);
  const live = liveSlots(state, rounds * roundMicros);
  assert.equal(live.length, slotsPerBucketGroup);
  assert.equal(new Set(live.map(({ key }) => key)).size, slotsPerBucketGroup);
  for (const { arrival } of live) {
    const taken = (arrival - rounds * roundMicros) / 1_000_000;
    assert.ok(Number.isInteger(taken) && taken >= 1 && taken <= burst, `${taken} tokens taken`);
  }
});

test('on the running clock, no more pass than the burst and what came back meanwhile', async () => {
  const burst = 50;
  const emissionMicros = 20;
  const job = { kind: 'take-live', emissionMicros, burst, takes: 100_000 } as const;
  const results = await runHammers(createSharedState(shape), 4, job);
  const passed = results.reduce((sum, [count]) => sum + (count ?? 0), 0);
  const firstMicros = Math.min(...results.map(([, first]) => first ?? NaN));
  const lastMicros = Math.max(...results.map(([, , last]) => last ?? NaN));
  const most = burst + Math.floor((lastMicros - firstMicros) / emissionMicros);
  assert.ok(passed > burst && passed <= most, `${passed} passed, at most ${most} may`);
});

test('a worker waits for a lock that a dead one left, and goes on when it is released', async () => {
  const state = createSharedState(shape);
  const lock = groupWordsOf(state).subarray(lockAt(0), lockAt(0) + 1);
  lock[0] = 2;
  new Int32Array(state.buffer, bucketLineOf(state, 1) + 8, 1)[0] = 1;
  const worker = { ended: false };
  const results = runHammers(state, 1, { kind: 'take-one-key', burst: 5, takes: 10 }).finally(() => {
    worker.ended = true;
  });
  // A notification that finds a sleeper shows that the worker is waiting; it looks at the lock and sleeps again.
  while (!worker.ended && Atomics.notify(lock, 0, 1) === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!worker.ended, 'the take did not wait for the lock');
  releaseBucketLocks(state, 1);
  assert.deepEqual(await results, [[5]]);
});
