import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readInteger, readText } from '../src/cli/command.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { drawSoak } from './soak-graph.ts';
import type { Allowances } from './soak-judge.ts';
import { runSoak, type SoakReport } from './soak-run.ts';
import type { Table } from './table.ts';

const warmUpSeconds = 120;
/** For a soak of twenty minutes. */
const allowances: Allowances = {
  resident: { share: 0.05, least: 8 },
  live: { share: 0.05, least: 1 },
  files: { share: 0.1, least: 5 },
};

/** Whether anything grows with time, under mixed traffic with aborts, faults and reloads. */
export const soak: Measurement = {
  title: 'Soak',
  onlyByName: true,
  options: { minutes: { type: 'string' }, into: { type: 'string' } },
  plan(values) {
    const minutes = readInteger(values, 'minutes', { fallback: 20, minimum: 4, maximum: 10_000 });
    const folder = readText(values, 'into', '.');
    return () => run(minutes, folder);
  },
};

async function run(minutes: number, folder: string): Promise<Table> {
  mkdirSync(folder, { recursive: true });
  const report = await runSoak({
    seconds: minutes * 60,
    warmUpSeconds,
    sampleSeconds: 3,
    collectSeconds: 30,
    reloadSeconds: 7,
    allowances,
    onProgress: tellProgress,
  });
  writeFileSync(join(folder, 'soak.json'), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(folder, 'soak.svg'), drawSoak(report));
  // What is told beside the table is what keeps it from being one of a soak that was endured.
  if (report.faults.length > 0) throw new Error(report.faults.join('\n'));
  return tabulate(report);
}

function tabulate({ trends, outcomes, samples }: SoakReport): Table {
  const last = samples.at(-1);
  const answers = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  return {
    columns: [
      { key: 'name', heading: 'after the first two minutes' },
      { key: 'unit', heading: 'unit' },
      { key: 'mean', heading: 'mean', decimals: 1 },
      { key: 'slope', heading: 'slope per minute', decimals: 3 },
      { key: 'rise', heading: 'rise over the whole', decimals: 2 },
      { key: 'allowed', heading: 'allowed', decimals: 1 },
    ],
    rows: trends.map(({ name, unit, mean, slopePerMinute, rise, allowedRise }) => {
      return { name, unit, mean, slope: slopePerMinute, rise, allowed: allowedRise };
    }),
    notes: [
      `${answers.toLocaleString('en-GB')} outcomes were checked and none was wrong; ${last?.reloads} reloads.`,
      Object.entries(outcomes)
        .toSorted(([one], [other]) => one.localeCompare(other))
        .map(([outcome, count]) => `${outcome} ${count.toLocaleString('en-GB')}`)
        .join(', '),
    ],
  };
}
