import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runHammers } from './fixtures/run-hammers.ts';
import { createSharedState, setSlotsInUse } from './layout.ts';
import { LoadCounts, releaseLoads } from './load-counts.ts';

const shape = { workers: 20, routes: 1, upstreams: 2, targets: 3, series: 1, buckets: 8 };

test('loads that workers add and take off at once sum up exactly', async () => {
  const state = createSharedState(shape);
  await runHammers(state, 4, { kind: 'loads', turns: 50_000 });
  const loads = new LoadCounts(state, 0, 'targets');
  assert.deepEqual([loads.of(0), loads.of(1), loads.of(2)], [0 + 1 + 2 + 3, 4 * 50_000, 0]);
});

test('targets and upstreams are counted apart, and the last of many workers like the first', () => {
  const state = createSharedState(shape);
  const [first, last] = [0, 19].map((worker) => new LoadCounts(state, worker, 'targets'));
  const upstreams = new LoadCounts(state, 19, 'upstreams');
  first?.add(2);
  last?.add(2);
  last?.add(1);
  upstreams.add(1);
  assert.deepEqual(
    [0, 1, 2].map((slot) => first?.of(slot)),
    [0, 1, 2],
  );
  assert.deepEqual([upstreams.of(0), upstreams.of(1)], [0, 1]);
});

test('a worker that has ended leaves nothing in flight, and the others keep theirs', () => {
  const state = createSharedState(shape);
  const workers = [3, 4].map((worker) => new LoadCounts(state, worker, 'targets'));
  const upstreams = new LoadCounts(state, 3, 'upstreams');
  for (const loads of workers) for (const slot of [0, 2, 2]) loads.add(slot);
  upstreams.add(0);
  releaseLoads(state, 3);
  assert.deepEqual(
    [0, 1, 2].map((slot) => workers[0]?.of(slot)),
    [1, 0, 2],
  );
  assert.equal(upstreams.of(0), 0);
});

test('only slots in use are walked through when a worker ends', () => {
  const state = createSharedState(shape);
  const loads = new LoadCounts(state, 0, 'targets');
  loads.add(2);
  setSlotsInUse(state, { routes: 1, upstreams: 1, targets: 2 });
  releaseLoads(state, 0);
  assert.equal(loads.of(2), 1);
});

test('a slot that was cleared meanwhile never counts below nothing', () => {
  const loads = new LoadCounts(createSharedState(shape), 0, 'targets');
  loads.takeOff(1);
  assert.equal(loads.of(1), 0);
  loads.add(1);
  assert.equal(loads.of(1), 1);
});
