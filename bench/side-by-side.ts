import { availableParallelism } from 'node:os';
import { readInteger, readText, UsageError } from '../src/cli/command.ts';
import { nearest } from '../src/lib/edit-distance.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { backendBody, describeNginxBackend } from './nginx.ts';
import { takePort } from './ports.ts';
import { readProcessorSeconds, readResidentBytes } from './process-usage.ts';
import { startProcess, type Launch } from './processes.ts';
import { requirePrograms } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import { median } from './statistics.ts';
import { apiKeyHeader, subjects, type Subject } from './subjects.ts';
import type { Table, Value } from './table.ts';
import { runWrk, type Load, type LoadResult } from './wrk.ts';

const proxyCore = 0;
const loadCore = 1;
const warmUpSeconds = 2;
const pollMs = 20;

/** Processor time for a request that is passed on, of several proxies in one run. */
export const sideBySide: Measurement = {
  title: 'Side by side',
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string' },
    path: { type: 'string' },
    header: { type: 'string', multiple: true },
  },
  plan(values) {
    const setting: Setting = {
      chosen: chooseSubjects(readText(values, 'only', '')),
      rounds: readInteger(values, 'rounds', { fallback: 5, minimum: 1, maximum: 1_000 }),
      seconds: readInteger(values, 'seconds', { fallback: 3, minimum: 1, maximum: 3_600 }),
      connections: readInteger(values, 'connections', { fallback: 64, minimum: 1, maximum: 4_096 }),
      path: readText(values, 'path', '/api/users/1'),
      headers: [apiKeyHeader, ...[values['header'] ?? []].flat().map(String)],
    };
    return () => run(setting);
  },
};

interface Setting {
  readonly chosen: readonly Subject[];
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly path: string;
  readonly headers: readonly string[];
}

interface Round extends LoadResult {
  readonly processorMicros: number;
  readonly residentBytes: number;
}

interface Contender {
  readonly subject: Subject;
  readonly port: number;
  readonly rounds: Round[];
  /** Null where the subject cannot be started here. */
  launch: Launch | null;
  /** Why there are no more rounds. */
  trouble: string | null;
}

async function run({ chosen, rounds, ...load }: Setting): Promise<Table> {
  const { wrk } = requirePrograms('wrk', 'nginx', 'taskset');
  if (availableParallelism() < 2)
    throw new Error('two processor cores are needed: one for the proxy, one for the load');

  const targetPort = await takePort();
  const contenders: Contender[] = [];
  for (const subject of chosen) contenders.push(await prepare(subject, targetPort));
  const backend = startProcess({ ...describeNginxBackend(targetPort), core: loadCore });
  try {
    await waitForAnswer(backend, { port: targetPort, path: load.path, pauseMs: pollMs });
    for (let round = 1; round <= rounds; round += 1) {
      // To and fro, so that a machine that gets slower or faster meanwhile treats all alike.
      for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
        await tryRound(contender, { ...load, program: wrk, core: loadCore, port: contender.port });
        tellProgress(`round ${round} of ${rounds}: ${contender.subject.name}, ${describeLatest(contender)}`);
      }
    }
  } finally {
    await backend.stop();
  }
  const rows = contenders.filter((it) => it.rounds.length > 0).map((it) => summarise(it, contenders));
  return { columns, rows, notes: contenders.flatMap(tellTrouble) };
}

async function prepare(subject: Subject, targetPort: number): Promise<Contender> {
  const port = await takePort();
  const contender: Contender = { subject, port, launch: null, rounds: [], trouble: null };
  try {
    contender.launch = await subject.describe({ port, targetPort });
  } catch (error) {
    contender.trouble = messageOf(error);
  }
  return contender;
}

function chooseSubjects(only: string): readonly Subject[] {
  if (only === '') return subjects;
  const names = only.split(',');
  const known = subjects.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const suggestion = nearest(name, known);
    const hint = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
    throw new UsageError(`--only has the unknown subject ${JSON.stringify(name)}; known: ${known.join(', ')}.${hint}`);
  }
  return subjects.filter(({ name }) => names.includes(name));
}

async function tryRound(contender: Contender, load: Load): Promise<void> {
  const { subject, launch, trouble } = contender;
  if (launch === null || trouble !== null) return;
  try {
    contender.rounds.push(await measureRound(launch, load));
  } catch (error) {
    contender.trouble = messageOf(error);
  } finally {
    subject.cleanUp?.();
  }
}

async function measureRound(launch: Launch, load: Load): Promise<Round> {
  const started = startProcess({ ...launch, core: proxyCore });
  try {
    const body = await waitForAnswer(started, { port: load.port, path: load.path, pauseMs: pollMs });
    if (body !== backendBody) throw new Error(`it does not pass the backend's answer on, but answers ${body}`);
    await runWrk({ ...load, seconds: warmUpSeconds });
    const before = readProcessorSeconds(started.id);
    const result = await runWrk(load);
    const used = readProcessorSeconds(started.id) - before;
    return {
      ...result,
      processorMicros: (used * 1e6) / result.requests,
      residentBytes: readResidentBytes(started.id),
    };
  } finally {
    await started.stop();
  }
}

const columns = [
  { key: 'subject', heading: 'subject' },
  { key: 'processorMicros', heading: 'CPU per request, µs', decimals: 1 },
  { key: 'least', heading: 'least', decimals: 1 },
  { key: 'most', heading: 'most', decimals: 1 },
  { key: 'ratio', heading: 'ratio to nginx', decimals: 2 },
  { key: 'requestsPerSecond', heading: 'requests/s' },
  { key: 'p99Ms', heading: 'p99, ms', decimals: 2 },
  { key: 'residentMegabytes', heading: 'memory, MB' },
] as const;

function summarise({ subject, rounds }: Contender, contenders: readonly Contender[]): Record<string, Value> {
  const yardstick = contenders.find((it) => it.subject === subjects[0]);
  const middle = median(rounds.map(microsOf));
  return {
    subject: subject.name,
    processorMicros: middle,
    least: Math.min(...rounds.map(microsOf)),
    most: Math.max(...rounds.map(microsOf)),
    ratio: yardstick === undefined ? null : middle / median(yardstick.rounds.map(microsOf)),
    requestsPerSecond: median(rounds.map((round) => round.requestsPerSecond)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    residentMegabytes: Math.max(...rounds.map((round) => round.residentBytes)) / 1e6,
  };
}

function describeLatest({ rounds, trouble }: Contender): string {
  const latest = rounds.at(-1);
  return trouble !== null || latest === undefined ? 'left out' : `${microsOf(latest).toFixed(1)} µs of CPU per request`;
}

function tellTrouble({ subject: { name }, rounds, trouble }: Contender): string[] {
  const failures = rounds.reduce((sum, round) => sum + round.failures, 0);
  return [
    ...(trouble === null
      ? []
      : [`${name} was ${rounds.length === 0 ? 'not measured' : `left out after round ${rounds.length}`}: ${trouble}.`]),
    ...(failures === 0 ? [] : [`${name} failed ${failures} requests or connections: its figures do not count.`]),
  ];
}

function microsOf(round: Round): number {
  return round.processorMicros;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
