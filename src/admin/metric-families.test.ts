import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  controlWord,
  countTrip,
  nextGeneration,
  phaseHalfOpen,
  phaseOpen,
  resetBreaker,
  viewBreaker,
} from '../state/breaker-state.ts';
import { scalarWord, WorkerCounters } from '../state/counters.ts';
import { emptyHistogram, HistogramReader, WorkerHistograms } from '../state/histogram.ts';
import { createAdminApp } from './admin-app.ts';
import { createTestView, type TestView } from './fixtures/test-view.ts';

interface Bench extends TestView {
  /** The lines of the samples of the family. */
  readonly samples: (family: string) => Promise<string[]>;
  readonly json: () => Promise<Record<string, unknown>>;
}

function createBench(more: object = {}): Bench {
  const bench = createTestView(more);
  const app = createAdminApp({
    view: bench.view,
    logger: { log: (_level, message) => assert.fail(message) },
    direct: true,
  });
  return {
    ...bench,
    async samples(family) {
      const text = await (await app.request('/metrics')).text();
      const pattern = new RegExp(`^${family}(_bucket|_sum|_count)?[{ ]`);
      return text.split('\n').filter((line) => pattern.test(line));
    },
    async json() {
      const response = await app.request('/metrics', { headers: { Accept: 'application/json' } });
      return (await response.json()) as Record<string, unknown>;
    },
  };
}

test('refusals are counted by pattern and code, those of rate limits in sum too', async () => {
  const { state, slots, samples, json } = createBench();
  assert.deepEqual(await samples('gateway_rate_limited_total'), ['gateway_rate_limited_total 0']);
  const counters = new WorkerCounters(state, 0);
  counters.countRefusal(slots.pets, 'rate_limited');
  new WorkerCounters(state, 1).countRefusal(slots.petsWrite, 'rate_limited');
  counters.countRefusal(3, 'rate_limited');
  counters.countRefusal(3, 'api_key_required');
  counters.countRefusal(0, 'route_not_found');
  assert.deepEqual(await samples('gateway_refusals_total'), [
    'gateway_refusals_total{path="unmatched",code="route_not_found"} 1',
    'gateway_refusals_total{path="/pets/*",code="rate_limited"} 2',
    'gateway_refusals_total{path="/*",code="api_key_required"} 1',
    'gateway_refusals_total{path="/*",code="rate_limited"} 1',
  ]);
  assert.deepEqual(await samples('gateway_rate_limited_total'), ['gateway_rate_limited_total 3']);
  assert.equal((await json())['rate_limited_total'], 3);
});

test('a circuit breaker is 1 when closed, 0.5 when half-open and 0 when open', async () => {
  const { state, samples, json } = createBench({
    upstreams: {
      pets: { targets: ['http://p:1', 'http://p:2'] },
      all: { targets: ['http://a:1'], breaker: false },
    },
  });
  const { words } = viewBreaker(state, 0);
  const stateLine = 'gateway_circuit_breaker_state{service="pets"}';
  assert.deepEqual(await samples('gateway_circuit_breaker_state'), [`${stateLine} 1`], 'none for the other upstream');
  Atomics.store(words, controlWord, nextGeneration(0, phaseOpen, 5));
  countTrip(viewBreaker(state, 0));
  assert.deepEqual(await samples('gateway_circuit_breaker_state'), [`${stateLine} 0`]);
  assert.deepEqual((await json())['circuit_breakers'], { pets: 'open' });
  assert.deepEqual((await json())['circuit_breaker_trips'], { pets: 1 });
  Atomics.store(words, controlWord, nextGeneration(0, phaseHalfOpen, 0));
  assert.deepEqual(await samples('gateway_circuit_breaker_state'), [`${stateLine} 0.5`]);
  resetBreaker(state, 0);
  assert.deepEqual(await samples('gateway_circuit_breaker_state'), [`${stateLine} 1`]);
  assert.deepEqual(await samples('gateway_circuit_breaker_trips_total'), [
    'gateway_circuit_breaker_trips_total{service="pets"} 1',
  ]);
});

test('the store is up, down, or not there to be either', async () => {
  const { told, samples } = createBench();
  assert.deepEqual(await samples('gateway_store_up'), []);
  told.storeUp = true;
  assert.deepEqual(await samples('gateway_store_up'), ['gateway_store_up 1']);
  told.storeUp = false;
  assert.deepEqual(await samples('gateway_store_up'), ['gateway_store_up 0']);
});

test('quantiles are of the recent durations, sum and count of all', async () => {
  const { state, slots, told, samples } = createBench();
  const histograms = new WorkerHistograms(state, 1);
  histograms.recordRequest(slots.pets, 800_000);
  const past = emptyHistogram();
  new HistogramReader(state).addRequests(slots.pets, past);
  told.pastDurations = past.buckets;
  const family = 'gateway_http_request_duration_ms';
  assert.deepEqual(await samples(family), [
    `${family}{quantile="0.5"} NaN`,
    `${family}{quantile="0.95"} NaN`,
    `${family}{quantile="0.99"} NaN`,
    `${family}_sum 800`,
    `${family}_count 1`,
  ]);
  histograms.recordRequest(0, 20);
  assert.deepEqual(await samples(family), [
    `${family}{quantile="0.5"} 0.02`,
    `${family}{quantile="0.95"} 0.02`,
    `${family}{quantile="0.99"} 0.02`,
    `${family}_sum 800.02`,
    `${family}_count 2`,
  ]);
});

test('histograms are by pattern and by upstream, in seconds', async () => {
  const { state, slots, samples } = createBench();
  const histograms = new WorkerHistograms(state, 0);
  histograms.recordRequest(slots.pets, 3_000);
  new WorkerHistograms(state, 1).recordRequest(slots.petsWrite, 300_000);
  histograms.recordUpstream(1, 70_000_000);
  const requests = await samples('gateway_http_request_duration_seconds');
  assert.equal(requests.length, 16 + 3, 'routes that nobody asked for have none');
  for (const line of ['_bucket{path="/pets/*",le="0.0025"} 0', '_bucket{path="/pets/*",le="0.005"} 1']) {
    assert.ok(requests.includes(`gateway_http_request_duration_seconds${line}`), requests.join('\n'));
  }
  assert.deepEqual(requests.slice(-3), [
    'gateway_http_request_duration_seconds_bucket{path="/pets/*",le="+Inf"} 2',
    'gateway_http_request_duration_seconds_sum{path="/pets/*"} 0.303',
    'gateway_http_request_duration_seconds_count{path="/pets/*"} 2',
  ]);
  const upstreams = await samples('gateway_backend_request_duration_seconds');
  assert.equal(upstreams.length, 2 * (16 + 3));
  assert.ok(upstreams.includes('gateway_backend_request_duration_seconds_bucket{service="all",le="60"} 0'));
  assert.ok(upstreams.includes('gateway_backend_request_duration_seconds_bucket{service="all",le="+Inf"} 1'));
});

test('retries, lost lines of the access log and each worker’s gauges', async () => {
  const { state, samples } = createBench();
  const counters = new WorkerCounters(state, 1);
  counters.countRetry(0);
  counters.add(scalarWord.accessLogDropped, 7);
  counters.add(scalarWord.accessLogErrors, 2);
  counters.add(scalarWord.connections, 4);
  assert.deepEqual(await samples('gateway_backend_retries_total'), [
    'gateway_backend_retries_total{service="pets"} 1',
    'gateway_backend_retries_total{service="all"} 0',
  ]);
  assert.deepEqual(await samples('gateway_access_log_dropped_total'), ['gateway_access_log_dropped_total 7']);
  assert.deepEqual(await samples('gateway_access_log_errors_total'), ['gateway_access_log_errors_total 2']);
  assert.deepEqual(await samples('gateway_worker_connections'), [
    'gateway_worker_connections{worker="0"} 0',
    'gateway_worker_connections{worker="1"} 4',
  ]);
});
