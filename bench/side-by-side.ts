import { availableParallelism } from 'node:os';
import { readInteger, readText, UsageError, type OptionValues } from '../src/cli/command.ts';
import { nearest } from '../src/lib/edit-distance.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { backendBody, describeNginxBackend } from './nginx.ts';
import { takePort } from './ports.ts';
import { readProcessorSeconds, readResidentBytes } from './process-usage.ts';
import { startProcess, type Launch } from './processes.ts';
import { describeMissing, findProgram } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import { median } from './statistics.ts';
import { describeSubjects, subjects, type Subject } from './subjects.ts';
import type { Table } from './table.ts';
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
  run,
};

interface Round extends LoadResult {
  readonly processorMicros: number;
  readonly residentBytes: number;
}

interface Contender {
  readonly launch: Launch;
  readonly port: number;
  readonly rounds: Round[];
}

async function run(values: OptionValues): Promise<Table> {
  const chosen = chooseSubjects(readText(values, 'only', ''));
  const rounds = readInteger(values, 'rounds', { fallback: 5, minimum: 1, maximum: 1_000 });
  const seconds = readInteger(values, 'seconds', { fallback: 3, minimum: 1, maximum: 3_600 });
  const load = {
    path: readText(values, 'path', '/api/users/1'),
    headers: [values['header'] ?? []].flat().map(String),
    connections: readInteger(values, 'connections', { fallback: 64, minimum: 1, maximum: 4_096 }),
  };
  const nginx = findProgram('nginx');
  const wrk = findProgram('wrk');
  const missing = ['nginx', 'wrk', 'taskset'].filter((name) => findProgram(name) === null).map(describeMissing);
  if (availableParallelism() < 2) missing.push('Two processor cores are needed, one for the proxy and one for the load.');
  if (nginx === null || wrk === null || missing.length > 0) {
    return { columns, rows: [], notes: ['Not measured.', ...missing] };
  }

  const targetPort = await takePort();
  const { found, notes } = await describeSubjects(chosen, async () => ({ port: await takePort(), targetPort }));
  const contenders = found.map(({ launch, port }): Contender => ({ launch, port, rounds: [] }));
  const backend = startProcess({ ...describeNginxBackend(nginx, targetPort), core: loadCore });
  try {
    await waitForAnswer(backend, { port: targetPort, path: load.path, pauseMs: pollMs });
    for (let round = 1; round <= rounds; round += 1) {
      // To and fro, so that a machine that gets slower or faster meanwhile treats all alike.
      for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
        const result = await measureRound(contender, { ...load, program: wrk, core: loadCore, port: contender.port, seconds });
        contender.rounds.push(result);
        tellProgress(`round ${round}/${rounds}: ${contender.launch.name} ${result.processorMicros.toFixed(1)} µs`);
      }
    }
  } finally {
    await backend.stop();
  }
  return { columns, rows: contenders.map((it) => summarise(it, contenders)), notes: [...notes, ...tellFailures(contenders)] };
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

async function measureRound({ launch, port }: Contender, load: Load): Promise<Round> {
  const started = startProcess({ ...launch, core: proxyCore });
  try {
    const body = await waitForAnswer(started, { port, path: load.path, pauseMs: pollMs });
    if (body !== backendBody) throw new Error(`${launch.name} does not pass the backend's answer on: ${body}`);
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

function summarise({ launch, rounds }: Contender, contenders: readonly Contender[]): Record<string, string | number | null> {
  const micros = rounds.map((round) => round.processorMicros);
  const yardstick = contenders.find((it) => it.launch.name === subjects[0]?.name);
  return {
    subject: launch.name,
    processorMicros: median(micros),
    least: Math.min(...micros),
    most: Math.max(...micros),
    ratio: yardstick === undefined ? null : median(micros) / median(yardstick.rounds.map((round) => round.processorMicros)),
    requestsPerSecond: median(rounds.map((round) => round.requestsPerSecond)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    residentMegabytes: Math.max(...rounds.map((round) => round.residentBytes)) / 1e6,
  };
}

function tellFailures(contenders: readonly Contender[]): string[] {
  return contenders.flatMap(({ launch, rounds }) => {
    const failures = rounds.reduce((sum, round) => sum + round.failures, 0);
    return failures === 0 ? [] : [`${launch.name} failed ${failures} requests or connections: its figures do not count.`];
  });
}
