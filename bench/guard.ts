import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../src/cli/command.ts';
import { loadCore } from './contender.ts';
import { gatewaySubjects } from './gateway-subjects.ts';
import { countInstructions } from './guard/instructions.ts';
import { allowedGrowth, costNames, findGrown, growthOf, hasNote, type Costs } from './guard/verdict.ts';
import { measureInterleaved, type Runner } from './interleaved.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { describeNginxBackend } from './nginx.ts';
import { takePort } from './ports.ts';
import { runProcess, startProcess } from './processes.ts';
import { findProgram, requirePrograms } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import { median } from './statistics.ts';
import { otherSubjects } from './subjects.ts';
import type { Table, Value } from './table.ts';

const baselineFile = join(import.meta.dirname, 'baseline.json');
const pathRuns = 2;
const slices = 5;
const mostMeasurements = 3;

interface Baseline extends Costs {
  /** What it was measured with. */
  readonly on: string;
}

/** Fails when the parser or the path of a request has become more expensive than the baseline says. */
export const guard: Measurement = {
  title: 'Guard',
  onlyByName: true,
  options: { update: { type: 'boolean' }, instructions: { type: 'boolean' } },
  plan(values) {
    const instructionsOnly = values['instructions'] === true;
    if (values['update'] !== true) return () => check(instructionsOnly);
    if (instructionsOnly) throw new UsageError('--update measures everything: leave --instructions out.');
    return update;
  },
};

async function update(): Promise<Table> {
  const all: Costs[] = [];
  for (let count = 0; count < mostMeasurements; count += 1) all.push(await measureCosts(false));
  const middle = (name: 'passing' | 'policies'): number =>
    Number(median(all.flatMap((it) => it[name] ?? [])).toFixed(3));
  const { parser = null, path = null } = all[0] ?? {};
  if (parser === null || path === null) {
    throw new Error('valgrind (Debian package valgrind) must be installed to make a baseline');
  }
  const counted = { parser: Math.round(parser), path: Math.round(path) };
  const costs: Costs = { ...counted, passing: middle('passing'), policies: middle('policies') };
  const baseline: Baseline = { ...costs, on: `${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}` };
  writeFileSync(baselineFile, `${JSON.stringify(baseline, null, 2)}\n`);
  return { columns, rows: describe(baseline, [costs]), notes: [] };
}

async function check(instructionsOnly: boolean): Promise<Table> {
  const baseline = JSON.parse(readFileSync(baselineFile, 'utf8')) as Baseline;
  const measured: Costs[] = [];
  let grown: readonly (keyof Costs)[];
  do {
    measured.push(await measureCosts(instructionsOnly));
    grown = findGrown(baseline, measured);
    if (grown.length > 0) tellProgress(`too much: ${grown.join(', ')}; measurement ${measured.length}`);
  } while (grown.length > 0 && measured.length < mostMeasurements);
  const rows = describe(baseline, measured);
  const isCounted = measured.every(({ parser }) => parser !== null);
  const notes = isCounted ? [] : ['No instructions were counted: valgrind (Debian package valgrind) is not installed.'];
  if (grown.length === 0) return { columns, rows, notes };
  const figures = rows
    .filter(({ what }) => grown.some((name) => name === what))
    .map(({ what, growth }) => `${what} costs ${Number(growth).toFixed(2)} times what it did`);
  const finding = `${figures.join(', ')}; ${allowedGrowth} times is allowed`;
  if (hasNote(await readCommitMessage())) {
    return { columns, rows, notes: [`${finding}. The commit has a note about it; --update makes this the baseline.`] };
  }
  throw new Error(
    `${finding}. Find out why with "npm run bench:compare -- HEAD~1". If it has to be, say why in a line that begins with \
"Performance-note:" in the message of the commit, and run "node bench/main.ts guard --update"`,
  );
}

async function measureCosts(instructionsOnly: boolean): Promise<Costs> {
  const counted = { parser: await countInstructions('parser'), path: await countInstructions('path') };
  const timed = instructionsOnly ? { passing: null, policies: null } : await measurePath();
  const costs: Costs = { ...counted, ...timed };
  tellProgress(costNames.map((name) => `${name} ${costs[name]?.toFixed(3) ?? 'unknown'}`).join(', '));
  return costs;
}

async function measurePath(): Promise<Pick<Costs, 'passing' | 'policies'>> {
  requirePrograms('wrk', 'nginx', 'taskset');
  const targetPort = await takePort();
  const target = startProcess({ ...describeNginxBackend(targetPort), core: loadCore });
  const subjects = [otherSubjects.bareSockets, gatewaySubjects.passing, gatewaySubjects.policies];
  const micros: number[][] = subjects.map(() => []);
  try {
    await waitForAnswer(target, { port: targetPort, path: '/', pauseMs: 20 });
    for (let run = 0; run < pathRuns; run += 1) {
      const runners: Runner[] = [];
      for (const subject of subjects) {
        const port = await takePort();
        runners.push({ name: subject.name, port, launch: await subject.describe({ port, targetPort }) });
      }
      const measured = await measureInterleaved(runners, slices);
      for (const [at, more] of measured.entries()) micros[at]?.push(...more);
      gatewaySubjects.policies.cleanUp?.();
    }
  } finally {
    await target.stop();
  }
  // The least of all slices: what is in the way of a program makes it more expensive, and nothing makes it cheaper.
  const [bare = NaN, passing = NaN, policies = NaN] = micros.map((slicesOfOne) => Math.min(...slicesOfOne));
  return { passing: passing / bare, policies: policies / bare };
}

async function readCommitMessage(): Promise<string> {
  const git = findProgram('git');
  if (git === null) return '';
  const parameters = ['-C', import.meta.dirname, 'log', '-1', '--format=%B'];
  return await runProcess({ name: 'git', command: git, parameters }).catch(() => '');
}

const columns = [
  { key: 'what', heading: 'what' },
  { key: 'baseline', heading: 'baseline', decimals: 3 },
  { key: 'now', heading: 'now', decimals: 3 },
  { key: 'growth', heading: 'now to baseline', decimals: 3 },
] as const;

/** The least of several measurements: what slows a program down comes from outside of it, what speeds it up does not. */
function describe(baseline: Costs, measured: readonly Costs[]): Record<string, Value>[] {
  return costNames.map((name) => {
    const known = measured.flatMap((costs) => costs[name] ?? []);
    const now = known.length === 0 ? null : Math.min(...known);
    return { what: name, baseline: baseline[name], now, growth: growthOf(now, baseline[name]) };
  });
}
