import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readInteger, readText, UsageError } from '../src/cli/command.ts';
import { loadCore } from './contender.ts';
import { gatewaySubjects } from './gateway-subjects.ts';
import { measureInterleaved, type Runner } from './interleaved.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { describeNginxBackend } from './nginx.ts';
import { takePort } from './ports.ts';
import { runProcess, startProcess, type Launch } from './processes.ts';
import { requirePrograms } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import { bootstrapMedian, createRandom, median } from './statistics.ts';
import type { Subject } from './subject.ts';
import type { Table, Value } from './table.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = join(import.meta.dirname, '..');
const slices = 4;
const resamples = 10_000;
const seed = 1;

/** What a change costs: this working copy and a commit under the same load, in turns. */
export const compare: Measurement = {
  title: 'Two versions',
  onlyByName: true,
  options: { commit: { type: 'string' }, 'compare-rounds': { type: 'string' } },
  plan(values) {
    const commit = readText(values, 'commit', '');
    if (commit === '') throw new UsageError('compare needs --commit COMMIT, the version to compare this one with.');
    if (commit.startsWith('-')) throw new UsageError(`--commit ${commit} is no name of a commit.`);
    const rounds = readInteger(values, 'compare-rounds', { fallback: 10, minimum: 6, maximum: 1_000 });
    return () => run(commit, rounds);
  },
};

async function run(commit: string, rounds: number): Promise<Table> {
  requirePrograms('git', 'wrk', 'nginx');
  const { folder, id, notes } = await checkOut(commit);
  const targetPort = await takePort();
  const target = startProcess({ ...describeNginxBackend(targetPort), core: loadCore });
  const rows: Record<string, Value>[] = [];
  try {
    await waitForAnswer(target, { port: targetPort, path: '/', pauseMs: 20 });
    for (const subject of [gatewaySubjects.passing, gatewaySubjects.policies]) {
      rows.push(await compareSubject(subject, { folder, targetPort, rounds }));
    }
  } finally {
    await target.stop();
  }
  const explanation = `Ratio of CPU per request, this working copy to ${id}: the median of ${rounds} rounds, and the interval \
that it lies in with 95 % (bootstrap). An interval with 1 in it tells no difference.`;
  return { columns, rows, notes: [explanation, ...notes] };
}

/** The commit in a folder of its own, which the repository does not know of. */
async function checkOut(commit: string): Promise<{ folder: string; id: string; notes: readonly string[] }> {
  const { git } = requirePrograms('git');
  const runGit = async (...parameters: string[]): Promise<string> =>
    (await runProcess({ name: 'git', command: git, parameters })).trim();
  const id = await runGit('-C', root, 'rev-parse', '--short', '--verify', `${commit}^{commit}`);
  const folder = join(temporaryFolder(), `commit-${id}`);
  mkdirSync(folder);
  await runGit('clone', '--shared', '--no-checkout', '--quiet', root, folder);
  await runGit('-C', folder, 'checkout', '--quiet', '--detach', id);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const isSame = readFileSync(join(root, 'package-lock.json')).equals(readFileSync(join(folder, 'package-lock.json')));
  const note = `${id} has other dependencies; both were run with those of this working copy.`;
  return { folder, id, notes: isSame ? [] : [note] };
}

interface Comparison {
  readonly folder: string;
  readonly targetPort: number;
  readonly rounds: number;
}

async function compareSubject(
  subject: Subject,
  { folder, targetPort, rounds }: Comparison,
): Promise<Record<string, Value>> {
  const runners: Runner[] = [];
  for (const name of ['this working copy', 'the commit']) {
    const port = await takePort();
    const launch = await subject.describe({ port, targetPort });
    runners.push({ name, port, launch: name === 'the commit' ? runFrom(launch, folder) : launch });
  }
  const pairs: (readonly [here: number, there: number])[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    // Who is started first is first in all turns too.
    const ordered = round % 2 === 1 ? runners : runners.toReversed();
    const measured = (await measureInterleaved(ordered, slices)).map(median);
    const [here = NaN, there = NaN] = round % 2 === 1 ? measured : measured.toReversed();
    pairs.push([here, there]);
    tellProgress(`${subject.name}, round ${round} of ${rounds}: ${(here / there).toFixed(3)}`);
    subject.cleanUp?.();
  }
  const estimate = (pick: (pair: readonly [number, number]) => number) =>
    bootstrapMedian(pairs.map(pick), { resamples, random: createRandom(seed) });
  const ratio = estimate(([here, there]) => here / there);
  return {
    subject: subject.name,
    here: estimate(([here]) => here).middle,
    there: estimate(([, there]) => there).middle,
    ratio: ratio.middle,
    low: ratio.low,
    high: ratio.high,
  };
}

/** The same command with the program of another folder. */
function runFrom(launch: Launch, folder: string): Launch {
  const launcher = join(root, 'bin', 'sluice');
  const parameters = launch.parameters.map((it) => (it === launcher ? join(folder, 'bin', 'sluice') : it));
  return { ...launch, parameters };
}

const columns = [
  { key: 'subject', heading: 'subject' },
  { key: 'here', heading: 'here, µs', decimals: 1 },
  { key: 'there', heading: 'the commit, µs', decimals: 1 },
  { key: 'ratio', heading: 'ratio', decimals: 3 },
  { key: 'low', heading: 'from', decimals: 3 },
  { key: 'high', heading: 'to', decimals: 3 },
] as const;
