import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/app.ts';
import { documentFromValue } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Logger } from '../../src/core/ports.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { waitUntil } from './wait.ts';

/** One line of a gateway's own log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One sample of the metrics; the numbers of labels do not matter to `sum`. */
export interface MetricsPage {
  readonly text: string;
  /** The sum of all samples of this name whose labels hold these. */
  readonly sum: (name: string, labels?: Readonly<Record<string, string>>) => number;
}

export interface RunningGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly log: readonly LogLine[];
  readonly metrics: () => Promise<MetricsPage>;
  /** Resolves with the first page that the condition holds for. */
  readonly metricsWhere: (condition: (page: MetricsPage) => boolean) => Promise<MetricsPage>;
}

/** The document of a gateway with one route for everything to one upstream: no health checks, retries or breaker. */
export function documentFor(targets: readonly string[], upstream: object = {}): object {
  return {
    upstreams: { backends: { targets, health: false, retry: false, breaker: false, ...upstream } },
    routes: [{ name: 'all', upstream: 'backends' }],
  };
}

/** Checks a document, with one worker and free ports of 127.0.0.1 where it says nothing of them. */
export function configOf(document: object): Config {
  const value = {
    listeners: [{ address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    workers: 1,
    access_log: false,
    ...document,
  };
  const loaded = loadConfig(documentFromValue(value, 'test'), builtInPolicies);
  assert.ok('config' in loaded, JSON.stringify(loaded));
  return loaded.config;
}

/** Runs a gateway in this process until the test has ended; whatever is under way then is cut. */
export async function startGateway(
  t: TestContext,
  document: object,
  more: Pick<GatewayOptions, 'source'> = {},
): Promise<RunningGateway> {
  const log: LogLine[] = [];
  const logger: Logger = { log: (level, message, fields = {}) => void log.push({ level, message, fields }) };
  const gateway = await createGateway({ config: configOf(document), logger, ...more });
  await gateway.start();
  t.after(() => gateway.stop({ timeoutMs: 0 }));
  const metrics = () => readMetrics(gateway);
  return {
    gateway,
    port: gateway.addresses[0]?.port ?? 0,
    log,
    metrics,
    metricsWhere: (condition) =>
      waitUntil('the metrics are as expected', async () => {
        const page = await metrics();
        return condition(page) ? page : null;
      }),
  };
}

async function readMetrics({ adminAddress }: Gateway): Promise<MetricsPage> {
  assert.ok(adminAddress !== null, 'the gateway has no admin listener');
  const url = `http://${adminAddress.host}:${adminAddress.port}/metrics`;
  const response = await fetch(url, { headers: { Connection: 'close' } });
  return metricsPage(await response.text());
}

/** Reads the text format of Prometheus, as far as sums need it. */
export function metricsPage(text: string): MetricsPage {
  const samples = text.split('\n').flatMap((line) => {
    const [, name = '', labels = '', value = ''] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return name === '' ? [] : [{ name, labels: `,${labels},`, value: Number(value) }];
  });
  return {
    text,
    sum(name, labels = {}) {
      const wanted = Object.entries(labels).map(([label, value]) => `,${label}="${value}",`);
      const found = samples.filter((it) => it.name === name && wanted.every((label) => it.labels.includes(label)));
      return found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}
