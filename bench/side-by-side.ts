import { availableParallelism } from 'node:os';
import { readInteger, readText, UsageError } from '../src/cli/command.ts';
import { nearest } from '../src/lib/edit-distance.ts';
import { cases, type Case } from './cases.ts';
import { loadCore, microsOf, prepareContender, tryRound, type Contender } from './contender.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { describeNginxBackend } from './nginx.ts';
import { takePort } from './ports.ts';
import { startProcess } from './processes.ts';
import { requirePrograms } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import { median } from './statistics.ts';
import { apiKeyHeader } from './subjects.ts';
import type { Table, Value } from './table.ts';

/** Processor time for a request that is passed on, of several proxies in one run. */
export const sideBySide: Measurement = {
  title: 'Side by side',
  options: {
    case: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string' },
    path: { type: 'string' },
    header: { type: 'string', multiple: true },
  },
  plan(values) {
    const setting: Setting = {
      chosen: chooseCases(readText(values, 'case', ''), readText(values, 'only', '')),
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
  readonly chosen: readonly Case[];
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly path: string;
  readonly headers: readonly string[];
}

async function run({ chosen, ...setting }: Setting): Promise<Table> {
  requirePrograms('wrk', 'nginx', 'taskset');
  if (availableParallelism() < 2)
    throw new Error('two processor cores are needed: one for the proxy, one for the load');
  const rows: Record<string, Value>[] = [];
  const notes: string[] = [];
  for (const each of chosen) {
    const contenders = await runCase(each, setting);
    rows.push(...contenders.filter((it) => it.rounds.length > 0).map((it) => summarise(it, each, contenders)));
    notes.push(...contenders.flatMap((it) => tellTrouble(it, each)));
  }
  return { columns, rows, notes };
}

async function runCase(each: Case, { rounds, ...load }: Omit<Setting, 'chosen'>): Promise<readonly Contender[]> {
  const { wrk } = requirePrograms('wrk');
  const targetPort = await takePort();
  const contenders: Contender[] = [];
  for (const entry of each.entries) contenders.push(await prepareContender(entry, targetPort, each));
  const backend = startProcess({ ...describeNginxBackend(targetPort, each.answer), core: loadCore });
  try {
    await waitForAnswer(backend, { port: targetPort, path: load.path, pauseMs: 20 });
    for (let round = 1; round <= rounds; round += 1) {
      // To and fro, so that a machine that gets slower or faster meanwhile treats all alike.
      for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
        await tryRound(contender, { ...load, program: wrk, core: loadCore }, each.answer);
        const latest = describeLatest(contender);
        tellProgress(`${each.name}, round ${round} of ${rounds}: ${contender.name}, ${latest}`);
      }
    }
  } finally {
    await backend.stop();
  }
  return contenders;
}

/** The cases with these names, with the subjects that have these; an empty list means all. */
function chooseCases(names: string, only: string): readonly Case[] {
  const wanted = checkNames('--case', names, new Set(cases.map(({ name }) => name)));
  const subjects = checkNames('--only', only, new Set(cases.flatMap((it) => it.entries.map(nameOf))));
  return cases
    .filter(({ name }) => wanted === null || wanted.has(name))
    .map((each) => ({ ...each, entries: each.entries.filter((it) => subjects === null || subjects.has(nameOf(it))) }))
    .filter(({ entries }) => entries.length > 0);
}

function nameOf({ subject }: Case['entries'][number]): string {
  return subject.name;
}

/** Null for all. */
function checkNames(option: string, text: string, known: ReadonlySet<string>): ReadonlySet<string> | null {
  if (text === '') return null;
  const names = text.split(',');
  for (const name of names) {
    if (known.has(name)) continue;
    const suggestion = nearest(name, [...known]);
    const hint = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
    throw new UsageError(`${option} has the unknown ${JSON.stringify(name)}; known: ${[...known].join(', ')}.${hint}`);
  }
  return new Set(names);
}

const columns = [
  { key: 'case', heading: 'case' },
  { key: 'subject', heading: 'subject' },
  { key: 'processorMicros', heading: 'CPU per request, µs', decimals: 1 },
  { key: 'least', heading: 'least', decimals: 1 },
  { key: 'most', heading: 'most', decimals: 1 },
  { key: 'ratio', heading: 'ratio to the first', decimals: 2 },
  { key: 'requestsPerSecond', heading: 'requests/s' },
  { key: 'p99Ms', heading: 'p99, ms', decimals: 2 },
  { key: 'residentMegabytes', heading: 'memory, MB' },
] as const;

function summarise(
  { name, rounds }: Contender,
  each: Case,
  contenders: readonly Contender[],
): Readonly<Record<string, Value>> {
  const [yardstick] = contenders;
  const middle = median(rounds.map(microsOf));
  const compared = yardstick === undefined ? NaN : middle / median(yardstick.rounds.map(microsOf));
  return {
    case: each.name,
    subject: name,
    processorMicros: middle,
    least: Math.min(...rounds.map(microsOf)),
    most: Math.max(...rounds.map(microsOf)),
    ratio: Number.isNaN(compared) ? null : compared,
    requestsPerSecond: median(rounds.map((round) => round.requestsPerSecond)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    residentMegabytes: Math.max(...rounds.map((round) => round.residentBytes)) / 1e6,
  };
}

function describeLatest({ rounds, trouble }: Contender): string {
  const latest = rounds.at(-1);
  return trouble !== null || latest === undefined ? 'left out' : `${microsOf(latest).toFixed(1)} µs of CPU per request`;
}

function tellTrouble({ name, rounds, trouble }: Contender, each: Case): string[] {
  const failures = rounds.reduce((sum, round) => sum + round.failures, 0);
  const outcome = rounds.length === 0 ? 'not measured' : `left out after round ${rounds.length}`;
  return [
    ...(trouble === null ? [] : [`${each.name}: ${name} was ${outcome}: ${trouble}.`]),
    ...(failures === 0
      ? []
      : [`${each.name}: ${name} failed ${failures} requests or connections: its figures do not count.`]),
  ];
}
