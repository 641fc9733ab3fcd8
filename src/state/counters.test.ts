import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTotals } from './counter-totals.ts';
import { clearRouteCounts, methodIndex, methodNames, scalarWord, WorkerCounters } from './counters.ts';
import { runHammers } from './fixtures/run-hammers.ts';
import { createSharedState } from './layout.ts';

const shape = { workers: 4, routes: 6, upstreams: 2, targets: 1, series: 12, buckets: 8 };

test('every method has its index, and every unknown one is OTHER', () => {
  assert.deepEqual(methodNames.map(methodIndex), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(methodIndex('BREW'), 7);
  assert.equal(methodIndex('get'), 7);
});

test('requests are counted by route, method and status, and added up over workers in that order', () => {
  const state = createSharedState(shape);
  const first = new WorkerCounters(state, 0);
  const second = new WorkerCounters(state, 3);
  first.countRequest(5, methodIndex('GET'), 999);
  first.countRequest(2, methodIndex('POST'), 201);
  first.countRequest(2, methodIndex('GET'), 404);
  second.countRequest(2, methodIndex('GET'), 200);
  second.countRequest(2, methodIndex('GET'), 404);
  second.countRequest(0, methodIndex('OTHER'), 100);
  assert.deepEqual(readTotals(state).requests, [
    { routeSlot: 0, method: 'OTHER', status: 100, count: 1 },
    { routeSlot: 2, method: 'GET', status: 200, count: 1 },
    { routeSlot: 2, method: 'GET', status: 404, count: 2 },
    { routeSlot: 2, method: 'POST', status: 201, count: 1 },
    { routeSlot: 5, method: 'GET', status: 999, count: 1 },
  ]);
});

test('a full table goes on counting the series that it knows, and the rest as overflow', () => {
  const state = createSharedState(shape);
  const counters = new WorkerCounters(state, 1);
  for (let status = 200; status < 230; status += 1) counters.countRequest(1, 0, status);
  for (let turn = 0; turn < 5; turn += 1) counters.countRequest(1, 0, 203);
  const { requests, overflow } = readTotals(state);
  assert.equal(requests.length, 12);
  assert.equal(overflow, 18);
  assert.deepEqual(requests[3], { routeSlot: 1, method: 'GET', status: 203, count: 6 });
});

test('the successor of a worker goes on with its table', () => {
  const state = createSharedState(shape);
  for (let life = 0; life < 2; life += 1) {
    const counters = new WorkerCounters(state, 2);
    for (let status = 200; status < 212; status += 1) counters.countRequest(1, 0, status);
  }
  const { requests, overflow } = readTotals(state);
  assert.deepEqual(
    requests.map(({ count }) => count),
    new Array(12).fill(2),
  );
  assert.equal(overflow, 0);
});

test('refusals of policies that are only tried out are counted apart from those that happened', () => {
  const state = createSharedState(shape);
  const [first, second] = [new WorkerCounters(state, 0), new WorkerCounters(state, 1)];
  first.countShadowRefusal(2, 'rate_limited');
  second.countShadowRefusal(2, 'rate_limited');
  second.countShadowRefusal(99, 'rate_limited');
  second.countRefusal(3, 'ip_not_allowed');
  const { shadowRefusals, refusals } = readTotals(state);
  assert.deepEqual(shadowRefusals, [{ routeSlot: 2, code: 'rate_limited', count: 2 }]);
  assert.deepEqual(refusals, [{ routeSlot: 3, code: 'ip_not_allowed', count: 1 }]);
  clearRouteCounts(state, 2);
  assert.deepEqual(readTotals(state).shadowRefusals, []);
});

test('gauges are told by worker and in sum, and a reset clears them but no counter', () => {
  const state = createSharedState(shape);
  const first = new WorkerCounters(state, 0);
  const second = new WorkerCounters(state, 1);
  first.add(scalarWord.connections, 3);
  second.add(scalarWord.connections, 2);
  second.add(scalarWord.connections, -1);
  second.add(scalarWord.inFlight, 1);
  second.add(scalarWord.connectionsAccepted, 2);
  first.add(scalarWord.parseRefusals, 1);
  const totals = readTotals(state);
  assert.deepEqual(totals.gauges, { connections: 4, inFlight: 1 });
  assert.deepEqual(totals.counters, {
    connectionsAccepted: 2,
    bytesIn: 0,
    bytesOut: 0,
    parseRefusals: 1,
    accessLogDropped: 0,
    accessLogErrors: 0,
    mirrored: 0,
    mirrorsDropped: 0,
    connectionsRefused: 0,
  });
  assert.deepEqual(totals.perWorker.slice(0, 2), [
    { connections: 3, inFlight: 0 },
    { connections: 1, inFlight: 1 },
  ]);
  second.resetGauges();
  assert.deepEqual(readTotals(state).gauges, { connections: 3, inFlight: 0 });
  assert.equal(readTotals(state).counters.connectionsAccepted, 2);
});

test('refusals are counted by route and code, and retries by upstream, over all workers', () => {
  const state = createSharedState(shape);
  const first = new WorkerCounters(state, 0);
  const second = new WorkerCounters(state, 3);
  first.countRefusal(5, 'unsupported_version');
  first.countRefusal(0, 'malformed_request');
  second.countRefusal(0, 'malformed_request');
  second.countRefusal(5, 'rate_limited');
  second.countRetry(1);
  first.countRetry(1);
  const { refusals, backendRetries, requests, overflow } = readTotals(state);
  assert.deepEqual(refusals, [
    { routeSlot: 0, code: 'malformed_request', count: 2 },
    { routeSlot: 5, code: 'rate_limited', count: 1 },
    { routeSlot: 5, code: 'unsupported_version', count: 1 },
  ]);
  assert.deepEqual([backendRetries, requests, overflow], [[0, 2], [], 0]);
});

test('what is out of range changes nothing', () => {
  const state = createSharedState(shape);
  const counters = new WorkerCounters(state, 0);
  counters.countRequest(6, 0, 200);
  counters.countRequest(-1, 0, 200);
  counters.countRequest(1, 0, 1024);
  counters.countRequest(1, 0, 0);
  counters.countBackendRequest(2);
  counters.countBackendError(-1);
  counters.countRetry(2);
  counters.countRefusal(6, 'rate_limited');
  counters.countRefusal(-1, 'rate_limited');
  const words = new Int32Array(state.buffer, state.offsets.counters);
  assert.ok(words.every((word) => word === 0));
  assert.throws(() => new WorkerCounters(state, 4), /Worker 4 has no region/);
});

test('workers that count at once add up exactly', async () => {
  const state = createSharedState(shape);
  await runHammers(state, 4, { kind: 'counters', turns: 30_000 });
  const { requests, gauges, counters, backendRequests, backendErrors } = readTotals(state);
  assert.deepEqual(requests, [
    { routeSlot: 0, method: 'GET', status: 200, count: 40_000 },
    { routeSlot: 1, method: 'GET', status: 200, count: 40_000 },
    { routeSlot: 1, method: 'POST', status: 500, count: 30_000 },
    { routeSlot: 1, method: 'POST', status: 501, count: 30_000 },
    { routeSlot: 1, method: 'POST', status: 502, count: 30_000 },
    { routeSlot: 1, method: 'POST', status: 503, count: 30_000 },
    { routeSlot: 2, method: 'GET', status: 200, count: 40_000 },
  ]);
  assert.deepEqual(gauges, { connections: 1 + 2 + 3 + 4, inFlight: 0 });
  assert.equal(counters.bytesIn, 1_200_000);
  assert.deepEqual(
    [backendRequests, backendErrors],
    [
      [120_000, 0],
      [0, 60_000],
    ],
  );
});
