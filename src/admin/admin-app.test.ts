import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodIndex, scalarWord, WorkerCounters } from '../state/counters.ts';
import { WorkerHistograms } from '../state/histogram.ts';
import { targetHealthy, targetUnhealthy, TargetStates } from '../state/target-states.ts';
import { createAdminApp } from './admin-app.ts';
import { createTestView, type TestView } from './fixtures/test-view.ts';

interface Bench extends TestView {
  readonly logged: string[];
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
}

function createBench(direct = false): Bench {
  const bench = createTestView();
  const logged: string[] = [];
  const logger = { log: (level: string, message: string) => void logged.push(`${level} ${message}`) };
  const app = createAdminApp({ view: bench.view, logger, direct });
  return { ...bench, logged, ask: async (path, init) => await app.request(path, init) };
}

test('/livez says that the process lives', async () => {
  const response = await createBench().ask('/livez');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('Content-Type'), 'application/json');
  assert.equal(response.headers.get('Cache-Control'), 'no-store');
  assert.deepEqual(await response.json(), { status: 'ok' });
});

test('/readyz is 200 only while the gateway takes traffic', async () => {
  const { ask, told } = createBench();
  for (const [status, code] of [
    ['starting', 503],
    ['ready', 200],
    ['draining', 503],
  ] as const) {
    told.status = status;
    const response = await ask('/readyz');
    assert.equal(response.status, code);
    assert.deepEqual(await response.json(), { status });
  }
});

test('/health counts the targets that take traffic, and is 503 when none does', async () => {
  const { ask, state } = createBench();
  const states = new TargetStates(state);
  assert.deepEqual(await (await ask('/health')).json(), {
    status: 'ok',
    message: 'The gateway is running.',
    healthy_backends: 3,
    total_backends: 3,
    timestamp: '2026-01-02T03:04:05.000Z',
  });
  states.setHealth(0, targetHealthy);
  states.setHealth(1, targetUnhealthy);
  states.setHealth(2, targetUnhealthy);
  const some = await ask('/health');
  assert.equal(some.status, 200);
  assert.equal(((await some.json()) as { healthy_backends: number }).healthy_backends, 1);
  states.setHealth(0, targetUnhealthy);
  const none = await ask('/health');
  assert.equal(none.status, 503);
  assert.equal(((await none.json()) as { status: string }).status, 'unavailable');
});

test('/services/health tells each target and its last check', async () => {
  const { ask, state, told } = createBench();
  const states = new TargetStates(state);
  states.setHealth(0, targetHealthy);
  states.recordCheck(0, { wallTimeMs: Date.UTC(2026, 0, 1), durationMs: 1.234 });
  states.setHealth(2, targetUnhealthy);
  states.recordCheck(2, { wallTimeMs: Date.UTC(2026, 0, 1), durationMs: 2 });
  told.problems.set(2, 'the connection was refused');
  const unchecked = { last_check: null, response_time_ms: null, error_message: null };
  const checked = { last_check: '2026-01-01T00:00:00.000Z', error_message: null };
  assert.deepEqual(await (await ask('/services/health')).json(), {
    status: 'ok',
    services: [
      {
        name: 'pets',
        status: 'healthy',
        instances: [
          { url: 'http://p:1', status: 'healthy', ...checked, response_time_ms: 1.23 },
          { url: 'http://p:2', status: 'unknown', ...unchecked },
        ],
      },
      {
        name: 'all',
        status: 'unhealthy',
        instances: [
          {
            url: 'http://a:1',
            status: 'unhealthy',
            ...checked,
            response_time_ms: 2,
            error_message: 'the connection was refused',
          },
        ],
      },
    ],
  });
});

test('/info tells version, uptime, workers, configuration and services', async () => {
  const { ask, told } = createBench();
  told.serving = 1;
  assert.deepEqual(await (await ask('/info')).json(), {
    status: 'ok',
    name: 'sluice',
    version: '1.2.3',
    uptime_seconds: 60,
    workers: 2,
    workers_serving: 1,
    config: { version: 3, hash: 'abc', loaded_at: '2026-01-02T00:00:00.000Z' },
    services: [
      {
        name: 'pets',
        path_prefix: '/pets',
        paths: ['/pets/*'],
        status: 'unknown',
        targets: [
          { url: 'http://p:1', status: 'unknown' },
          { url: 'http://p:2', status: 'unknown' },
        ],
      },
      {
        name: 'all',
        path_prefix: '/',
        paths: ['/*'],
        status: 'unknown',
        targets: [{ url: 'http://a:1', status: 'unknown' }],
      },
    ],
  });
});

/** One request a kind: on a route twice, on its sibling of the same pattern, on the gateway's own, on none. */
function countSome({ state, slots }: Bench): void {
  const first = new WorkerCounters(state, 0);
  const second = new WorkerCounters(state, 1);
  first.countRequest(slots.pets, methodIndex('GET'), 200);
  second.countRequest(slots.pets, methodIndex('GET'), 200);
  second.countRequest(slots.petsWrite, methodIndex('GET'), 200);
  second.countRequest(slots.petsWrite, methodIndex('POST'), 503);
  second.countRequest(slots.health, methodIndex('GET'), 200);
  second.countRequest(0, methodIndex('GET'), 404);
  first.add(scalarWord.inFlight, 2);
  first.add(scalarWord.connections, 3);
  second.countBackendRequest(0);
  second.countBackendError(0);
  const histograms = new WorkerHistograms(state, 0);
  for (let count = 0; count < 4; count += 1) histograms.recordRequest(slots.pets, 10_000);
  new WorkerHistograms(state, 1).recordRequest(0, 1_000_000);
  histograms.recordUpstream(0, 4_000);
  histograms.recordUpstream(0, 8_000);
}

test('/metrics adds up all workers, under the patterns of the routes', async () => {
  const bench = createBench();
  countSome(bench);
  new TargetStates(bench.state).setHealth(1, targetUnhealthy);
  const response = await bench.ask('/metrics');
  assert.equal(response.headers.get('Content-Type'), 'text/plain; version=0.0.4; charset=utf-8');
  const lines = (await response.text()).split('\n');
  for (const line of [
    'gateway_uptime_seconds 60',
    'gateway_workers 2',
    'gateway_connections 3',
    'gateway_requests_in_flight 2',
    'gateway_http_requests_total{method="GET",path="/pets/*",status="200"} 3',
    'gateway_http_requests_total{method="POST",path="/pets/*",status="503"} 1',
    'gateway_http_requests_total{method="GET",path="/health",status="200"} 1',
    'gateway_http_requests_total{method="GET",path="unmatched",status="404"} 1',
    'gateway_http_request_duration_ms_sum 1040',
    'gateway_http_request_duration_ms_count 5',
    'gateway_backend_requests_total{service="pets"} 1',
    'gateway_backend_requests_total{service="all"} 0',
    'gateway_backend_errors_total{service="pets"} 1',
    'gateway_target_healthy{service="pets",target="http://p:1"} 1',
    'gateway_target_healthy{service="pets",target="http://p:2"} 0',
  ]) {
    assert.ok(lines.includes(line), `${line} is missing:\n${lines.join('\n')}`);
  }
  const median = /\{quantile="0\.5"\} (.*)/.exec(lines.join('\n'))?.[1];
  assert.ok(Math.abs(Number(median) - 10) < 0.2, `the median is ${median}`);
});

test('/metrics as JSON for those who ask for it first', async () => {
  const bench = createBench();
  const empty = await (await bench.ask('/metrics', { headers: { Accept: 'application/json' } })).json();
  assert.equal((empty as { latency_p50_ms: unknown }).latency_p50_ms, 0);
  countSome(bench);
  const response = await bench.ask('/metrics', { headers: { Accept: 'application/json; charset=utf-8' } });
  assert.equal(response.headers.get('Vary'), 'Accept');
  const { latency_p50_ms, latency_p95_ms, latency_p99_ms, ...rest } = (await response.json()) as Record<string, number>;
  assert.deepEqual(rest, {
    uptime_seconds: 60,
    requests_total: 6,
    requests_in_flight: 2,
    rate_limited_total: 0,
    requests_by_status: { 200: 4, 404: 1, 503: 1 },
    requests_by_method: { GET: 5, POST: 1 },
    circuit_breakers: { pets: 'closed', all: 'closed' },
    circuit_breaker_trips: { pets: 0, all: 0 },
    service_requests: { pets: 1, all: 0 },
    service_errors: { pets: 1, all: 0 },
    service_avg_latency_ms: { pets: 6, all: 0 },
  });
  assert.ok(Math.abs((latency_p50_ms ?? 0) - 10) < 0.2);
  assert.ok(Math.abs((latency_p95_ms ?? 0) - 1_000) < 20);
  assert.ok(Math.abs((latency_p99_ms ?? 0) - 1_000) < 20);
  const other = await bench.ask('/metrics', { headers: { Accept: 'text/html,application/json;q=0.5' } });
  assert.match(other.headers.get('Content-Type') ?? '', /^text\/plain/);
});

test('HEAD has no body, another method is 405 with Allow', async () => {
  const { ask } = createBench();
  const head = await ask('/health', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  const refused = await ask('/health', { method: 'POST', headers: { 'X-Request-Id': 'id-1' } });
  assert.equal(refused.status, 405);
  assert.equal(refused.headers.get('Allow'), 'GET, HEAD');
  assert.equal(refused.headers.get('Content-Type'), 'application/problem+json');
  const { code, request_id: requestId } = (await refused.json()) as Record<string, string>;
  assert.deepEqual({ code, requestId }, { code: 'method_not_allowed', requestId: 'id-1' });
});

test('an unknown path is a problem with code route_not_found', async () => {
  const response = await createBench().ask('/admin/unknown');
  assert.equal(response.status, 404);
  assert.equal(((await response.json()) as { code: string }).code, 'route_not_found');
});

test('an endpoint that fails is logged and answered without a word about the reason', async () => {
  const { ask, told, logged, view } = createBench();
  told.status = 'ready';
  Object.assign(view, {
    status: () => {
      throw new Error('secret');
    },
  });
  const response = await ask('/readyz');
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
  assert.deepEqual(logged, ['error an endpoint of the gateway failed']);
});

test('an answer straight to a client carries a request id, its own one only if it is fit', async () => {
  const { ask } = createBench(true);
  const kept = await ask('/livez', { headers: { 'X-Request-Id': 'mine' } });
  assert.equal(kept.headers.get('X-Request-Id'), 'mine');
  const made = await ask('/livez', { headers: { 'X-Request-Id': 'not mine' } });
  assert.match(made.headers.get('X-Request-Id') ?? '', /^[0-9a-f-]{36}$/);
  const throughWorker = await createBench(false).ask('/livez', { headers: { 'X-Request-Id': 'mine' } });
  assert.equal(throughWorker.headers.get('X-Request-Id'), null);
});
