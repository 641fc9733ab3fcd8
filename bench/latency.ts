import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readInteger } from '../src/cli/command.ts';
import { loadCore, proxyCore } from './contender.ts';
import { gatewaySubjects } from './gateway-subjects.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { backendBody, describeNginxBackend } from './nginx.ts';
import type { OpenLoopResult, OpenLoopSetting } from './open-loop/load-client.ts';
import { takePort } from './ports.ts';
import { runProcess, startProcess, type Launch } from './processes.ts';
import { findProgram, requirePrograms } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import { median } from './statistics.ts';
import type { Subject } from './subject.ts';
import { apiKeyHeader, otherSubjects } from './subjects.ts';
import type { Table, Value } from './table.ts';
import { runWrk } from './wrk.ts';

const path = '/api/users/1';
const pollMs = 20;
const connections = 64;
/** Of what the slowest of them takes when it is saturated. */
const shareOfCapacity = 0.3;
const capacitySeconds = 3;
/** One request in a hundred may be sent so late. Beyond, the core was not the load's alone. */
const latestMs = 0.5;

/** The time to an answer at a fixed rate of requests, straight to the target and through proxies. */
export const latency: Measurement = {
  title: 'Latency at a fixed rate',
  options: { rate: { type: 'string' }, 'latency-seconds': { type: 'string' }, 'latency-rounds': { type: 'string' } },
  plan(values) {
    const setting = {
      rate: readInteger(values, 'rate', { fallback: 0, minimum: 0, maximum: 1_000_000 }),
      seconds: readInteger(values, 'latency-seconds', { fallback: 20, minimum: 1, maximum: 3_600 }),
      rounds: readInteger(values, 'latency-rounds', { fallback: 3, minimum: 1, maximum: 100 }),
    };
    return () => run(setting);
  },
};

interface Setting {
  /** Requests a second; 0: found out. */
  readonly rate: number;
  readonly seconds: number;
  readonly rounds: number;
}

interface Way {
  readonly name: string;
  readonly port: number;
  /** Null: straight to the target. */
  readonly launch: Launch | null;
  readonly subject: Subject | null;
  readonly results: OpenLoopResult[];
}

const subjects: readonly Subject[] = [
  otherSubjects.nginx,
  otherSubjects.haproxy,
  gatewaySubjects.passing,
  gatewaySubjects.policies,
  gatewaySubjects.everything,
];

async function run({ rate, seconds, rounds }: Setting): Promise<Table> {
  requirePrograms('wrk', 'nginx', 'taskset');
  if (availableParallelism() < 2) throw new Error('two processor cores are needed');
  const targetPort = await takePort();
  const target = startProcess({ ...describeNginxBackend(targetPort), core: loadCore });
  try {
    await waitForAnswer(target, { port: targetPort, path, pauseMs: pollMs });
    const { ways, notes } = await prepareWays(targetPort);
    const chosenRate = rate === 0 ? await findRate(ways) : rate;
    for (let round = 1; round <= rounds; round += 1) {
      for (const way of round % 2 === 1 ? ways : ways.toReversed()) {
        way.results.push(await withProxy(way, () => runOpenLoop(way.port, chosenRate, seconds)));
        const latest = way.results.at(-1);
        tellProgress(`round ${round} of ${rounds}: ${way.name}, p99 ${latest?.p99Ms.toFixed(3)} ms`);
      }
    }
    const late = ways.filter(({ results }) => median(results.map(({ lateP99Ms }) => lateP99Ms)) > latestMs);
    if (late.length > 0) {
      const names = late.map(({ name }) => name).join(', ');
      notes.push(`The load was held up by something else on its core: the figures of ${names} do not count.`);
    }
    const rateNote = `${chosenRate.toLocaleString('en-GB')} requests a second, ${seconds} s in each of ${rounds} rounds.`;
    return { columns, rows: summarise(ways), notes: [rateNote, ...notes] };
  } finally {
    await target.stop();
  }
}

async function prepareWays(targetPort: number): Promise<{ ways: readonly Way[]; notes: string[] }> {
  const ways: Way[] = [{ name: 'no proxy', port: targetPort, launch: null, subject: null, results: [] }];
  const notes: string[] = [];
  for (const subject of subjects) {
    const port = await takePort();
    try {
      const launch = await subject.describe({ port, targetPort });
      ways.push({ name: subject.name, port, launch, subject, results: [] });
    } catch (error) {
      notes.push(`${subject.name} was not measured: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }
  return { ways, notes };
}

/** Starts the proxy for as long as something is done with it. */
async function withProxy<T>({ launch, port, subject }: Way, measure: () => Promise<T>): Promise<T> {
  if (launch === null) return await measure();
  const started = startProcess({ ...launch, core: proxyCore });
  try {
    await waitForAnswer(started, { port, path, pauseMs: pollMs });
    return await measure();
  } finally {
    await started.stop();
    subject?.cleanUp?.();
  }
}

/** The same rate for all, which leaves every proxy most of its time. */
async function findRate(ways: readonly Way[]): Promise<number> {
  const { wrk } = requirePrograms('wrk');
  let least = Infinity;
  for (const way of ways) {
    if (way.launch === null) continue;
    const load = { program: wrk, core: loadCore, path, headers: [apiKeyHeader], connections };
    const capacity = await withProxy(way, async () => {
      await runWrk({ ...load, port: way.port, seconds: capacitySeconds });
      return await runWrk({ ...load, port: way.port, seconds: capacitySeconds });
    });
    tellProgress(`${way.name} takes ${Math.round(capacity.requestsPerSecond)} requests a second`);
    least = Math.min(least, capacity.requestsPerSecond);
  }
  return Math.max(1, Math.round((least * shareOfCapacity) / 100) * 100);
}

async function runOpenLoop(port: number, ratePerSecond: number, seconds: number): Promise<OpenLoopResult> {
  const setting: OpenLoopSetting = {
    port,
    request: `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${apiKeyHeader}\r\n\r\n`,
    bodyBytes: backendBody.length,
    ratePerSecond,
    seconds,
    connections,
  };
  const program = join(import.meta.dirname, 'open-loop', 'main.ts');
  // It never sleeps, and the target is on the same core: whoever else has something to do there goes first.
  const yielding = findProgram('chrt') === null ? (['nice', '-n', '19'] as const) : (['chrt', '--idle', '0'] as const);
  const [command, ...parameters] = [...yielding, process.execPath, program, JSON.stringify(setting)];
  const output = await runProcess({ name: 'open-loop', command, parameters, core: loadCore });
  return JSON.parse(output) as OpenLoopResult;
}

const columns = [
  { key: 'way', heading: 'through' },
  { key: 'p50Ms', heading: 'p50, ms', decimals: 3 },
  { key: 'p99Ms', heading: 'p99, ms', decimals: 3 },
  { key: 'p999Ms', heading: 'p99.9, ms', decimals: 3 },
  { key: 'addedP50Ms', heading: 'added, p50', decimals: 3 },
  { key: 'addedP99Ms', heading: 'added, p99', decimals: 3 },
  { key: 'addedP999Ms', heading: 'added, p99.9', decimals: 3 },
  { key: 'mostMs', heading: 'most, ms', decimals: 1 },
  { key: 'lateMs', heading: 'sent late, p99, ms', decimals: 3 },
] as const;

/** Medians of the rounds; what a proxy adds is the difference to the same without one. */
function summarise(ways: readonly Way[]): Record<string, Value>[] {
  const middle = (way: Way | undefined, key: keyof OpenLoopResult): number =>
    median((way?.results ?? []).map((result) => result[key]));
  const [straight] = ways;
  return ways.map((way) => {
    const added = (key: keyof OpenLoopResult): number | null =>
      way === straight ? null : middle(way, key) - middle(straight, key);
    return {
      way: way.name,
      p50Ms: middle(way, 'p50Ms'),
      p99Ms: middle(way, 'p99Ms'),
      p999Ms: middle(way, 'p999Ms'),
      addedP50Ms: added('p50Ms'),
      addedP99Ms: added('p99Ms'),
      addedP999Ms: added('p999Ms'),
      mostMs: middle(way, 'mostMs'),
      lateMs: middle(way, 'lateP99Ms'),
    };
  });
}
