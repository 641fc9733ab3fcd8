import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { readText, rootFolder } from '../contract/sources.ts';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { waitUntil } from '../support/wait.ts';
import { checkMetrics, startPrometheus, withoutPrometheus, type RunningPrometheus } from './prometheus.ts';

const scrapeFile = 'examples/observability/prometheus.yml';
const dashboardFile = 'examples/observability/grafana-dashboard.json';

const seedQueries = [
  'rate(gateway_http_requests_total[5m])',
  'rate(gateway_http_requests_total{status=~"5.."}[5m])',
  'gateway_http_request_duration_ms{quantile="0.95"}',
  'rate(gateway_rate_limited_total[5m])',
  'gateway_circuit_breaker_state',
];

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly refId: string; readonly expr: string }[];
}

const dashboard = JSON.parse(readText(dashboardFile)) as { readonly title: string; readonly panels: readonly Panel[] };
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** A backend that answers 200, and 500 under `/fail`. */
async function startBackend(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/fail' ? 500 : 200).end('answer');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startObserved(t: TestContext): Promise<RunningGateway> {
  return await startGateway(t, {
    workers: 2,
    upstreams: {
      backends: { targets: [await startBackend(t)], health: false, retry: false, breaker: { max_failures: 3 } },
      'no-breaker': { targets: [await startBackend(t)], health: false, retry: false, breaker: false },
    },
    routes: [
      {
        name: 'limited',
        match: { path: '/limited' },
        upstream: 'backends',
        policies: [{ rate_limit: { limit: '1/h' } }],
      },
      { name: 'all', upstream: 'backends' },
      { name: 'plain', match: { path: '/plain' }, upstream: 'no-breaker' },
    ],
  });
}

/** 3 answers of 200, 1 refusal by a rate limit, 3 errors, then 1 refusal by the circuit breaker. */
async function sendRequests({ port }: RunningGateway): Promise<void> {
  const statuses: number[] = [];
  for (const target of ['/plain', '/a', '/limited', '/limited', '/fail', '/fail', '/fail', '/a']) {
    const response = await fetch(`http://127.0.0.1:${port}${target}`);
    await response.text();
    statuses.push(response.status);
  }
  assert.deepEqual(statuses, [200, 200, 200, 429, 500, 500, 500, 503]);
}

function countAll(gateway: RunningGateway): Promise<string> {
  const isCounted = gateway.metricsWhere((page) => page.sum('gateway_http_requests_total', { path: '/*' }) >= 5);
  return isCounted.then(({ text }) => text);
}

test('the nine metrics have their names, types and labels', async (t) => {
  const gateway = await startObserved(t);
  await sendRequests(gateway);
  const page = await countAll(gateway);
  const lines = page.split('\n');
  for (const [name, type] of [
    ['gateway_uptime_seconds', 'gauge'],
    ['gateway_requests_in_flight', 'gauge'],
    ['gateway_rate_limited_total', 'counter'],
    ['gateway_http_requests_total', 'counter'],
    ['gateway_http_request_duration_ms', 'summary'],
    ['gateway_backend_requests_total', 'counter'],
    ['gateway_backend_errors_total', 'counter'],
    ['gateway_circuit_breaker_state', 'gauge'],
    ['gateway_circuit_breaker_trips_total', 'counter'],
  ]) {
    assert.ok(lines.includes(`# TYPE ${name} ${type}`), `${name} is no ${type}:\n${page}`);
  }
  for (const line of [
    'gateway_rate_limited_total 1',
    'gateway_refusals_total{path="/limited",code="rate_limited"} 1',
    'gateway_refusals_total{path="/*",code="circuit_open"} 1',
    'gateway_http_requests_total{method="GET",path="/limited",status="429"} 1',
    'gateway_http_requests_total{method="GET",path="/*",status="500"} 3',
    'gateway_backend_requests_total{service="backends"} 5',
    'gateway_backend_errors_total{service="backends"} 3',
    'gateway_backend_errors_total{service="no-breaker"} 0',
    'gateway_backend_request_duration_seconds_count{service="backends"} 5',
    'gateway_circuit_breaker_state{service="backends"} 0',
    'gateway_circuit_breaker_trips_total{service="backends"} 1',
  ]) {
    assert.ok(lines.includes(line), `${line} is missing:\n${page}`);
  }
  for (const quantile of ['0.5', '0.95', '0.99']) {
    assert.match(page, new RegExp(`^gateway_http_request_duration_ms\\{quantile="${quantile}"\\} \\d`, 'm'));
  }
});

describe('the dashboard', () => {
  test('has panels that do not lie on each other, with a query each', () => {
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    const taken = new Map<string, string>();
    for (const { title, targets, gridPos } of dashboard.panels) {
      assert.ok(targets.length > 0, title);
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
      assert.ok(gridPos.x + gridPos.w <= 24, `${title} is wider than the page`);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.equal(taken.get(`${x} ${y}`), undefined, `${title} lies on another panel`);
          taken.set(`${x} ${y}`, title);
        }
      }
    }
  });

  test('uses metrics that exist only, and all of the seed’s nine', async (t) => {
    const gateway = await startObserved(t);
    await sendRequests(gateway);
    const page = await countAll(gateway);
    const existing = new Set(page.match(/^gateway_\w+(?=[ {])/gm));
    // It is there only where there is a store beyond the process.
    existing.add('gateway_store_up');
    const used = new Set(expressions.flatMap((expression) => expression.match(/gateway_\w+/g) ?? []));
    assert.deepEqual(
      [...used].filter((name) => !existing.has(name)),
      [],
    );
    const families = [...page.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name);
    const unused = families.filter((family) => ![...used].some((name) => name.startsWith(family)));
    assert.deepEqual(unused.toSorted(), [
      'gateway_connections_total',
      'gateway_http_requests_uncounted_total',
      'gateway_worker_requests_in_flight',
    ]);
  });
});

describe('with the real Prometheus', { skip: withoutPrometheus }, () => {
  test('promtool finds nothing but the unit in one name, which is given', async (t) => {
    const gateway = await startObserved(t);
    await sendRequests(gateway);
    const page = await countAll(gateway);
    assert.deepEqual(checkMetrics(page), {
      code: 3,
      text: 'gateway_http_request_duration_ms metric names should not contain abbreviated units\n',
    });
    const others = page.replaceAll(/^(?:# \w+ )?gateway_http_request_duration_ms(?:_\w+)?[ {].*\n/gm, '');
    assert.ok(others.length < page.length);
    assert.deepEqual(checkMetrics(others), { code: 0, text: '' });
    assert.notEqual(checkMetrics(`${others}gateway_wrong{ 1\n`).code, 0);
  });

  test('promtool accepts the scrape file', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', path.join(rootFolder, scrapeFile)], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
  });

  test('Prometheus scrapes the gateway as the file says, and answers every query', async (t) => {
    const gateway = await startObserved(t);
    const admin = gateway.gateway.adminAddress;
    const config = readText(scrapeFile)
      .replace("'localhost:8081'", `'127.0.0.1:${admin?.port ?? 0}'`)
      .replace('scrape_interval: 15s', 'scrape_interval: 200ms');
    const prometheus = await startPrometheus(t, config);
    await waitUntil('the first scrape', async () => (await prometheus.query('gateway_uptime_seconds')).length === 1);
    await sendRequests(gateway);
    await assertScraped(prometheus);
    const answered = [...seedQueries, ...expressions.map(withoutVariables)];
    for (const expression of answered) {
      if (expression.includes('gateway_store_up')) continue;
      await waitUntil(`an answer to ${expression}`, async () => (await prometheus.query(expression)).length > 0);
    }
    await assert.rejects(prometheus.query('rate(gateway_http_requests_total)'), /expected type range vector/);
  });
});

/** As Grafana fills them in. */
function withoutVariables(expression: string): string {
  return expression.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*');
}

async function assertScraped(prometheus: RunningPrometheus): Promise<void> {
  const [job] = await prometheus.query('up');
  assert.equal(job?.metric['job'], 'api-gateway');
  assert.equal(job.value, 1);
  await waitUntil('the requests in Prometheus', async () => {
    const [sum] = await prometheus.query('sum(gateway_http_requests_total{path=~"/limited|/plain|/[*]"})');
    return sum?.value === 8;
  });
  const [breaker] = await prometheus.query('gateway_circuit_breaker_state{service="backends"}');
  assert.equal(breaker?.value, 0);
  const [limited] = await prometheus.query('gateway_rate_limited_total');
  assert.equal(limited?.value, 1);
}
