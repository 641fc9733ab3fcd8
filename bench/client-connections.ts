import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { readInteger } from '../src/cli/command.ts';
import { loadCore, proxyCore } from './contender.ts';
import { describeGateway } from './gateway-process.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { describeNginxBackend, describeNginxProxy } from './nginx.ts';
import { countConnectionsTo } from './open-connections.ts';
import { takePort } from './ports.ts';
import { readFileLimit, readProcessorSeconds, readResidentBytes } from './process-usage.ts';
import { startProcess } from './processes.ts';
import { requirePrograms } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import { median } from './statistics.ts';
import type { Ports, Subject } from './subject.ts';
import { otherSubjects } from './subjects.ts';
import type { Table, Value } from './table.ts';
import { runWrk, type Load, type LoadResult } from './wrk.ts';

const path = '/api/users/1';
const pollMs = 20;
const warmUpSeconds = 2;
const seconds = 4;
const fewConnections = 64;
/** What the gateway may open to the target while very many clients ask. */
const poolConnections = 64;
const reservedFiles = 1_000;

const sluice: Subject = {
  name: 'sluice',
  describe: (ports) => describeGateway({ ...ports, workers: 1, extras: boundedPool(ports) }),
};

const nginx: Subject = {
  name: 'nginx',
  describe: (ports) => describeNginxProxy({ ...ports, connections: 20_480 }),
};

/** With room in the queue for every client. */
function boundedPool({ targetPort }: Ports): Readonly<Record<string, unknown>> {
  const pool = {
    max_connections: poolConnections,
    max_idle: poolConnections,
    max_waiting: 1_000_000,
    wait_timeout: '30s',
  };
  return { upstreams: { backend: { targets: [`http://127.0.0.1:${targetPort}`], health: false, pool } } };
}

/** Very many connections that all ask, and connections for one request each, beside other proxies. */
export const clientConnections: Measurement = {
  title: 'Active and short connections',
  options: { active: { type: 'string' }, 'connection-rounds': { type: 'string' } },
  plan(values) {
    const active = readInteger(values, 'active', { fallback: 10_000, minimum: 1, maximum: 25_000 });
    const rounds = readInteger(values, 'connection-rounds', { fallback: 3, minimum: 1, maximum: 100 });
    return () => run(active, rounds);
  },
};

interface Try {
  readonly what: string;
  readonly subject: Subject;
  readonly connections: number;
  readonly headers: readonly string[];
  readonly results: Result[];
}

interface Result extends LoadResult {
  readonly processorMicros: number;
  readonly residentBytes: number;
  readonly targetConnections: number;
}

async function run(wanted: number, rounds: number): Promise<Table> {
  requirePrograms('wrk', 'nginx', 'taskset');
  if (availableParallelism() < 2) throw new Error('two processor cores are needed');
  const active = Math.min(wanted, readFileLimit(process.pid) - reservedFiles);
  const targetPort = await takePort();
  const target = startProcess({ ...describeNginxBackend(targetPort), core: loadCore });
  const tries = planTries(active);
  try {
    await waitForAnswer(target, { port: targetPort, path, pauseMs: pollMs });
    for (let round = 1; round <= rounds; round += 1) {
      for (const each of round % 2 === 1 ? tries : tries.toReversed()) {
        tellProgress(`round ${round} of ${rounds}: ${each.subject.name}, ${each.what}`);
        each.results.push(await measure(each, targetPort));
      }
    }
  } finally {
    await target.stop();
  }
  const notes = active < wanted ? [`Only ${active} connections: no more files may be open here (ulimit -n).`] : [];
  return { columns, rows: tries.map(summarise), notes: [...notes, ...tries.flatMap(tellFailures)] };
}

function planTries(active: number): readonly Try[] {
  const make = (what: string, subject: Subject, connections: number, ...headers: string[]): Try => {
    return { what, subject, connections, headers, results: [] };
  };
  return [
    ...[nginx, sluice].flatMap((subject) =>
      [fewConnections, active].map((count) => make(`${count.toLocaleString('en-GB')} active`, subject, count)),
    ),
    ...[nginx, otherSubjects.haproxy, sluice].map((subject) =>
      make('one request each', subject, fewConnections, 'Connection: close'),
    ),
  ];
}

async function measure({ subject, connections, headers }: Try, targetPort: number): Promise<Result> {
  const { wrk } = requirePrograms('wrk');
  const port = await takePort();
  const launch = await subject.describe({ port, targetPort });
  const started = startProcess({ ...launch, core: proxyCore });
  const load: Load = { program: wrk, core: loadCore, port, path, headers, connections, seconds };
  try {
    await waitForAnswer(started, { port, path, pauseMs: pollMs });
    await runWrk({ ...load, seconds: warmUpSeconds });
    const before = readProcessorSeconds(started.id);
    // Those that wrk leaves behind at its end are given up, and are not what the load needed.
    const counting = delay((seconds * 1_000) / 2).then(() => countConnectionsTo(targetPort));
    const [result, targetConnections] = await Promise.all([runWrk(load), counting]);
    const used = readProcessorSeconds(started.id) - before;
    return {
      ...result,
      processorMicros: (used * 1e6) / result.requests,
      residentBytes: readResidentBytes(started.id),
      targetConnections,
    };
  } finally {
    await started.stop();
    subject.cleanUp?.();
  }
}

const columns = [
  { key: 'what', heading: 'connections' },
  { key: 'subject', heading: 'subject' },
  { key: 'requestsPerSecond', heading: 'requests/s' },
  { key: 'processorMicros', heading: 'CPU per request, µs', decimals: 1 },
  { key: 'p99Ms', heading: 'p99, ms', decimals: 1 },
  { key: 'targetConnections', heading: 'connections to the target' },
  { key: 'megabytes', heading: 'memory, MB' },
] as const;

function summarise({ what, subject, results }: Try): Record<string, Value> {
  const middle = (key: keyof Result): number => median(results.map((result) => result[key]));
  return {
    what,
    subject: subject.name,
    requestsPerSecond: middle('requestsPerSecond'),
    processorMicros: middle('processorMicros'),
    p99Ms: middle('p99Ms'),
    targetConnections: Math.max(...results.map((result) => result.targetConnections)),
    megabytes: Math.max(...results.map((result) => result.residentBytes)) / 1e6,
  };
}

function tellFailures({ what, subject, results }: Try): string[] {
  const failures = results.reduce((sum, result) => sum + result.failures, 0);
  return failures === 0 ? [] : [`${subject.name}, ${what}: ${failures} requests or connections failed.`];
}
