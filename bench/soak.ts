import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readInteger, readText } from '../src/cli/command.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { drawSoak } from './soak-graph.ts';
import { runSoak, type SoakReport } from './soak-run.ts';
import type { Table } from './table.ts';

const warmUpSeconds = 120;
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
    burstSeconds: 30,
    reloadSeconds: 7,
    onProgress: tellProgress,
  });
  writeFileSync(join(folder, 'soak.json'), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(folder, 'soak.svg'), drawSoak(report));
  // What is told beside the table is what keeps it from being one of a soak that was endured.
  if (report.faults.length > 0) throw new Error(report.faults.join('\n'));
  return tabulate(report);
}

function tabulate({ trends, sensitivity, outcomes, samples, warmUpSeconds: from }: SoakReport): Table {
  const last = samples.at(-1);
  const answers = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const { bytesPerReload, bytesPerThousandRequests } = sensitivity;
  return {
    columns: [
      { key: 'name', heading: `after the first ${from / 60} minutes` },
      { key: 'unit', heading: 'unit' },
      { key: 'first', heading: 'median of the first third', decimals: 2 },
      { key: 'middle', heading: 'of the second', decimals: 2 },
      { key: 'last', heading: 'of the last', decimals: 2 },
      { key: 'rise', heading: 'rise', decimals: 2 },
      { key: 'allowed', heading: 'allowed', decimals: 2 },
    ],
    rows: trends.map(({ name, unit, thirds: [first, middle, end], rise, allowedRise }) => {
      return { name, unit, first, middle, last: end, rise, allowed: allowedRise };
    }),
    notes: [
      `${answers.toLocaleString('en-GB')} outcomes were checked and none was wrong; ${last?.reloads} reloads.`,
      `A worker that had kept ${bytesPerReload.toFixed(0)} bytes of each reload, or ` +
        `${bytesPerThousandRequests.toFixed(0)} of a thousand requests, would have been noticed.`,
      Object.entries(outcomes)
        .toSorted(([one], [other]) => one.localeCompare(other))
        .map(([outcome, count]) => `${outcome} ${count.toLocaleString('en-GB')}`)
        .join(', '),
    ],
  };
}
