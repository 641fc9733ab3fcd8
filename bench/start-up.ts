import { availableParallelism } from 'node:os';
import { readInteger } from '../src/cli/command.ts';
import { describeGateway } from './gateway-process.ts';
import { answerUser, startLoopbackTarget } from './loopback-target.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { takePort } from './ports.ts';
import { readResidentBytes } from './process-usage.ts';
import { startProcess } from './processes.ts';
import { waitForAnswer } from './readiness.ts';
import { median } from './statistics.ts';
import type { Table, Value } from './table.ts';

const pollMs = 1;

/** How long it takes from the start of the process until a request has been answered. */
export const startUp: Measurement = {
  title: 'Start-up',
  options: { starts: { type: 'string' } },
  plan(values) {
    const starts = readInteger(values, 'starts', { fallback: 10, minimum: 1, maximum: 1_000 });
    return () => run(starts);
  },
};

interface Start {
  readonly timeMs: number;
  /** Null where the process has ended by then. */
  readonly residentBytes: number | null;
}

async function run(starts: number): Promise<Table> {
  using target = await startLoopbackTarget(answerUser);
  const startGateway = (workers: number) => () => startOnce(target.port, workers);
  const cores = availableParallelism();
  const rows = [await measure('an empty program in Node.js', starts, startNothing)];
  rows.push(await measure('sluice run, 1 worker', starts, startGateway(1)));
  if (cores > 1) rows.push(await measure(`sluice run, ${cores} workers`, starts, startGateway(cores)));
  return { columns, rows, notes: [] };
}

const columns = [
  { key: 'what', heading: 'what' },
  { key: 'medianMs', heading: 'median, ms' },
  { key: 'leastMs', heading: 'least' },
  { key: 'mostMs', heading: 'most' },
  { key: 'residentMegabytes', heading: 'memory then, MB', decimals: 1 },
] as const;

async function measure(what: string, starts: number, start: () => Promise<Start>): Promise<Record<string, Value>> {
  tellProgress(`${starts} starts of ${what}`);
  const all: Start[] = [];
  for (let count = 0; count < starts; count += 1) all.push(await start());
  const times = all.map(({ timeMs }) => timeMs);
  const sizes = all.flatMap(({ residentBytes }) => residentBytes ?? []);
  return {
    what,
    medianMs: median(times),
    leastMs: Math.min(...times),
    mostMs: Math.max(...times),
    residentMegabytes: sizes.length === 0 ? null : median(sizes) / 1e6,
  };
}

/** What no program in Node.js can do without. */
async function startNothing(): Promise<Start> {
  const begunMs = performance.now();
  await startProcess({ name: 'empty', command: process.execPath, parameters: ['--eval', ''] }).ended;
  return { timeMs: performance.now() - begunMs, residentBytes: null };
}

async function startOnce(targetPort: number, workers: number): Promise<Start> {
  const port = await takePort();
  const launch = describeGateway({ port, targetPort, workers });
  const begunMs = performance.now();
  const started = startProcess(launch);
  try {
    await waitForAnswer(started, { port, path: '/', pauseMs: pollMs });
    return { timeMs: performance.now() - begunMs, residentBytes: readResidentBytes(started.id) };
  } finally {
    await started.stop();
  }
}
