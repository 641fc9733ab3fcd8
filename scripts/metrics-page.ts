import { createTestView, type TestView } from '../src/admin/fixtures/test-view.ts';
import { metricFamilies } from '../src/admin/metric-families.ts';
import { readRequestTotals } from '../src/admin/request-totals.ts';
import { WorkerCounters } from '../src/state/counters.ts';
import { WorkerHistograms } from '../src/state/histogram.ts';
import type { MetricFamily } from '../src/telemetry/prometheus.ts';
import { table } from './policy-page.ts';

const introduction = `# Metrics

<!-- This page is generated: change src/admin/metric-families.ts, or scripts/metrics-page.ts, and run node scripts/metrics-docs.ts. -->

What \`GET /metrics\` tells, in the text format of Prometheus (version 0.0.4). It is on the listener that [\`admin\`](configuration.md#admin) names, and asks for no credentials. With \`Accept: application/json\` it answers with a few sums for people. There are a [scrape configuration](../examples/observability/prometheus.yml) and a [dashboard for Grafana](../examples/observability/grafana-dashboard.json).

A scrape adds up what the workers have counted in memory of their own: it takes them no time, and what it costs the control thread grows with the number of routes that were asked for.

## Labels

${table(
  ['label', 'is'],
  [
    [
      '`path`',
      'the pattern of the route, such as `/users/*`; `unmatched` where no route matched. Never a path that a client made up',
    ],
    ['`method`', 'the method, `OTHER` for one that is not usual'],
    ['`status`', 'the status that was sent'],
    ['`code`', 'why a request was refused or failed, see [errors.md](errors.md)'],
    ['`service`', 'the name of the upstream'],
    ['`target`', 'the URL of the target'],
    ['`worker`', 'the number of the worker thread, from 0'],
    ['`kind`', '`routes`, `upstreams` or `targets`'],
    ['`result`', '`success` or `failure`'],
    ['`quantile`, `le`', 'those of Prometheus, for summaries and histograms'],
  ],
)}

## All metrics
`;

/** The page that describes every metric. */
export function metricsPage(): string {
  const rows = listFamilies().map((family) => [`\`${family.name}\``, family.type, labelsOf(family), family.help]);
  return `${introduction}\n${table(['metric', 'type', 'labels', ''], rows)}\n`;
}

/** The families of a gateway in which everything has happened that there are samples for. */
function listFamilies(): readonly MetricFamily[] {
  const upstreams = {
    pets: { targets: ['http://p:1', 'http://p:2'], outliers: {} },
    all: { targets: ['http://a:1'] },
  };
  const bench = createTestView({ upstreams });
  bench.told.storeUp = true;
  countEverything(bench);
  const reading = readRequestTotals(bench.view);
  let step = reading.next();
  while (step.done !== true) step = reading.next();
  return metricFamilies(bench.view, step.value);
}

function countEverything({ state, slots }: TestView): void {
  const counters = new WorkerCounters(state, 0);
  counters.countRequest(slots.pets, 0, 200);
  counters.countRefusal(slots.pets, 'rate_limited');
  counters.countShadowRefusal(slots.pets, 'rate_limited');
  const histograms = new WorkerHistograms(state, 0);
  histograms.recordRequest(slots.pets, 1_000);
  histograms.recordUpstream(0, 1_000);
}

function labelsOf({ name, samples }: MetricFamily): string {
  const all = [...samples];
  if (all.length === 0) throw new Error(`${name} has no sample, so its labels are not known: add what it counts`);
  const labels = new Set(all.flatMap((sample) => Object.keys(sample.labels ?? {})));
  return [...labels].map((label) => `\`${label}\``).join(', ');
}
