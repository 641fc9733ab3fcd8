import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBreaker } from './breaker-state.ts';
import { clearRouteSlot, clearTargetSlot, clearUpstreamSlot } from './clear-slots.ts';
import { readTotals } from './counter-totals.ts';
import { WorkerCounters } from './counters.ts';
import { Cursors } from './cursors.ts';
import { readRequestHistogram, readUpstreamHistogram, WorkerHistograms } from './histogram.ts';
import { createSharedState, setSlotsInUse, slotsInUse, type SharedState } from './layout.ts';
import { RetryTallies } from './retry-budget-state.ts';
import { LoadCounts } from './load-counts.ts';
import { targetUnhealthy, targetUnknown, TargetStates } from './target-states.ts';

const shape = { workers: 2, routes: 4, upstreams: 3, targets: 3, series: 32, buckets: 8 };

/** Every slot of every kind has something to forget, from both workers. */
function createBusyState(): SharedState {
  const state = createSharedState(shape);
  for (let worker = 0; worker < shape.workers; worker += 1) {
    const counters = new WorkerCounters(state, worker);
    const histograms = new WorkerHistograms(state, worker);
    for (let slot = 0; slot < shape.routes; slot += 1) {
      counters.countRequest(slot, 0, 200);
      counters.countRequest(slot, 2, 201);
      counters.countRefusal(slot, 'rate_limited');
      histograms.recordRequest(slot, 100);
    }
    for (let slot = 0; slot < shape.upstreams; slot += 1) {
      counters.countBackendRequest(slot);
      counters.countBackendError(slot);
      counters.countRetry(slot);
      histograms.recordUpstream(slot, 100);
      new RetryTallies(state, worker, slot).countRequest(5);
    }
  }
  return state;
}

test('a route slot that is cleared has counted nothing, and its neighbours what they had', () => {
  const state = createBusyState();
  clearRouteSlot(state, 2);
  const { requests, refusals, overflow } = readTotals(state);
  assert.deepEqual(
    requests.map(({ routeSlot, count }) => [routeSlot, count]),
    [0, 0, 1, 1, 3, 3].map((slot) => [slot, 2]),
  );
  assert.deepEqual(
    refusals.map(({ routeSlot, count }) => [routeSlot, count]),
    [0, 1, 3].map((slot) => [slot, 2]),
  );
  assert.equal(overflow, 0);
  assert.deepEqual(
    [0, 1, 2, 3].map((slot) => readRequestHistogram(state, slot).count),
    [2, 2, 0, 2],
  );
});

test('the next owner of a route slot is counted from 0, also where it is asked for in the same way', () => {
  const state = createBusyState();
  clearRouteSlot(state, 2);
  new WorkerCounters(state, 1).countRequest(2, 0, 200);
  const own = readTotals(state).requests.filter(({ routeSlot }) => routeSlot === 2);
  assert.deepEqual(own, [{ routeSlot: 2, method: 'GET', status: 200, count: 1 }]);
});

test('an upstream slot that is cleared has no past', () => {
  const state = createBusyState();
  const cursors = new Cursors(state);
  for (const slot of [0, 1, 2]) cursors.next(slot, 7);
  new RetryTallies(state, 0, 1).countRetry(5, 1, 10);
  clearUpstreamSlot(state, 1);
  const totals = readTotals(state);
  assert.deepEqual(totals.backendRequests, [2, 0, 2]);
  assert.deepEqual(totals.backendErrors, [2, 0, 2]);
  assert.deepEqual(totals.backendRetries, [2, 0, 2]);
  assert.deepEqual(
    [0, 1, 2].map((slot) => readUpstreamHistogram(state, slot).count),
    [2, 0, 2],
  );
  assert.deepEqual(
    [0, 1, 2].map((slot) => cursors.next(slot, 7)),
    [1, 0, 1],
  );
  assert.deepEqual(
    [0, 1, 2].map((slot) => new RetryTallies(state, 0, slot).requests(5, 1)),
    [2, 0, 2],
  );
  assert.equal(new RetryTallies(state, 0, 1).retries(5, 1), 0);
  assert.equal(readBreaker(state, 1).trips, 0);
});

test('a target that is forgotten is unknown, and keeps what is in flight; one whose slot is cleared keeps nothing', () => {
  const state = createSharedState(shape);
  const states = new TargetStates(state);
  const loads = new LoadCounts(state, 0, 'targets');
  for (const slot of [0, 1]) {
    states.setHealth(slot, targetUnhealthy);
    states.recordCheck(slot, { wallTimeMs: 1, durationMs: 1 });
    loads.add(slot);
  }
  states.forget(0);
  clearTargetSlot(state, 1);
  assert.deepEqual([states.health(0), states.lastCheck(0), loads.of(0)], [targetUnknown, null, 1]);
  assert.deepEqual([states.health(1), states.lastCheck(1), loads.of(1)], [targetUnknown, null, 0]);
});

test('all slots are in use until it is said how many are, and then nobody walks further', () => {
  const state = createBusyState();
  assert.deepEqual(slotsInUse(state), { routes: 4, upstreams: 3, targets: 3 });
  setSlotsInUse(state, { routes: 2, upstreams: 1, targets: 1 });
  assert.deepEqual(slotsInUse(state), { routes: 2, upstreams: 1, targets: 1 });
  const { backendRequests, refusals } = readTotals(state);
  assert.deepEqual(backendRequests, [2]);
  assert.deepEqual(
    refusals.map(({ routeSlot }) => routeSlot),
    [0, 1],
  );
});
