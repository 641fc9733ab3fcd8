import { once } from 'node:events';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
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
  const cores = availableParallelism();
  const rows = [await measure('an empty program in Node.js', starts, startNothing)];
  for (const gateway of gateways(cores)) {
    rows.push(await measure(gateway.what, starts, () => startOnce(target.port, gateway)));
  }
  return { columns, rows, notes: [] };
}

interface StartedGateway {
  readonly what: string;
  readonly workers: number;
  readonly notation?: 'json' | 'yaml';
  readonly environment?: Readonly<Record<string, string>>;
}

function gateways(cores: number): readonly StartedGateway[] {
  const one: StartedGateway = { what: 'sluice run, 1 worker', workers: 1 };
  return [
    one,
    ...(cores > 1 ? [{ what: `sluice run, ${cores} workers`, workers: cores }] : []),
    { ...one, what: 'the same with 1 worker, configured in YAML', notation: 'yaml' },
    {
      ...one,
      what: 'the same with 1 worker and no compiled code, as at the very first start',
      environment: { NODE_DISABLE_COMPILE_CACHE: '1' },
    },
  ];
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
  // The first one may have to compile.
  await start();
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

async function startOnce(targetPort: number, gateway: StartedGateway): Promise<Start> {
  const { workers, notation = 'json', environment = {} } = gateway;
  const port = await takePort();
  const launch = { ...describeGateway({ port, targetPort, workers, notation }), environment };
  const begunMs = performance.now();
  const started = startProcess(launch);
  try {
    // A whole request each time would take the processor from what it waits for.
    while (!(await isOpen(port)) && !started.hasEnded) await delay(pollMs);
    await waitForAnswer(started, { port, path: '/', pauseMs: pollMs });
    return { timeMs: performance.now() - begunMs, residentBytes: readResidentBytes(started.id) };
  } finally {
    await started.stop();
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
