import { setTimeout as delay } from 'node:timers/promises';
import { readInteger } from '../src/cli/command.ts';
import { describeGateway } from './gateway-process.ts';
import { answerUser, startLoopbackTarget } from './loopback-target.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { readMemoryParts } from './memory-maps.ts';
import { takePort } from './ports.ts';
import { summariseHeap } from './probe/heap-snapshot.ts';
import { ProbedGateway, type ThreadMemory } from './probe/probed-gateway.ts';
import { readProcessorSeconds } from './process-usage.ts';
import { startProcess, type Launch } from './processes.ts';
import { requirePrograms } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import { readSettledBytes } from './settled-memory.ts';
import type { Table, Value } from './table.ts';
import { runWrk } from './wrk.ts';

const path = '/api/users/1';
const largestShares = 8;
const emptyStartMs = 500;

interface MemorySetting {
  readonly what: string;
  readonly workers: number;
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const usual: MemorySetting = { what: 'as it is, 1 worker', workers: 1, flags: [], environment: {} };

const settings: readonly MemorySetting[] = [
  usual,
  { ...usual, what: 'as it is, 2 workers', workers: 2 },
  { ...usual, what: '--max-semi-space-size=1', flags: ['--max-semi-space-size=1'] },
  { ...usual, what: '--max-semi-space-size=4', flags: ['--max-semi-space-size=4'] },
  { ...usual, what: '--optimize-for-size', flags: ['--optimize-for-size'] },
  { ...usual, what: '--v8-pool-size=1', flags: ['--v8-pool-size=1'] },
  { ...usual, what: 'MALLOC_ARENA_MAX=1', environment: { MALLOC_ARENA_MAX: '1' } },
  {
    ...usual,
    what: 'MALLOC_ARENA_MAX=1 --max-semi-space-size=4',
    flags: ['--max-semi-space-size=4'],
    environment: { MALLOC_ARENA_MAX: '1' },
  },
  {
    ...usual,
    what: 'MALLOC_ARENA_MAX=1 --max-semi-space-size=1 --v8-pool-size=1 --optimize-for-size',
    flags: ['--max-semi-space-size=1', '--v8-pool-size=1', '--optimize-for-size'],
    environment: { MALLOC_ARENA_MAX: '1' },
  },
];

/** What a gateway has in memory, where it is, and what settings make of it. */
export const memory: Measurement = {
  title: 'Memory',
  options: { 'memory-seconds': { type: 'string' } },
  plan(values) {
    const seconds = readInteger(values, 'memory-seconds', { fallback: 5, minimum: 1, maximum: 3_600 });
    return () => run(seconds);
  },
};

async function run(seconds: number): Promise<Table> {
  requirePrograms('wrk');
  using target = await startLoopbackTarget(answerUser);
  const rows: Record<string, Value>[] = [await measureNothing()];
  for (const setting of settings) {
    tellProgress(setting.what);
    rows.push(await measureSetting(setting, target.port, seconds));
  }
  rows.push(...(await takeApart(target.port, seconds)));
  const note = 'Below the settings: of one worker after the load, with a probe in each thread that takes some itself.';
  return { columns, rows, notes: [note] };
}

const columns = [
  { key: 'what', heading: 'what' },
  { key: 'atStart', heading: 'at the start, MB', decimals: 1 },
  { key: 'afterLoad', heading: 'after load, MB', decimals: 1 },
  { key: 'processorMicros', heading: 'CPU per request, µs', decimals: 1 },
] as const;

/** What no program in Node.js can do without. */
async function measureNothing(): Promise<Record<string, Value>> {
  const waits = 'setInterval(() => {}, 1e6)';
  const started = startProcess({ name: 'empty', command: process.execPath, parameters: ['--eval', waits] });
  try {
    await delay(emptyStartMs);
    return { what: 'an empty program in Node.js', atStart: (await readSettledBytes(started.id)) / 1e6 };
  } finally {
    await started.stop();
  }
}

async function measureSetting(
  setting: MemorySetting,
  targetPort: number,
  seconds: number,
): Promise<Record<string, Value>> {
  const port = await takePort();
  const started = startProcess(launchOf(setting, port, targetPort));
  try {
    await waitForAnswer(started, { port, path, pauseMs: 20 });
    const atStart = await readSettledBytes(started.id);
    await putUnderLoad(port, seconds);
    const before = readProcessorSeconds(started.id);
    const requests = await putUnderLoad(port, seconds);
    const used = readProcessorSeconds(started.id) - before;
    const afterLoad = await readSettledBytes(started.id);
    return {
      what: setting.what,
      atStart: atStart / 1e6,
      afterLoad: afterLoad / 1e6,
      processorMicros: (used * 1e6) / requests,
    };
  } finally {
    await started.stop();
  }
}

function launchOf({ flags, environment, workers }: MemorySetting, port: number, targetPort: number): Launch {
  const launch = describeGateway({ port, targetPort, workers });
  return { ...launch, parameters: [...flags, ...launch.parameters], environment };
}

async function putUnderLoad(port: number, seconds: number): Promise<number> {
  const { wrk } = requirePrograms('wrk');
  const { requests } = await runWrk({ program: wrk, port, path, headers: [], connections: 64, seconds });
  return requests;
}

/** Where the memory of one gateway is: by mapping, by heap of a thread, and by what is in the worker's heap. */
async function takeApart(targetPort: number, seconds: number): Promise<Record<string, Value>[]> {
  const port = await takePort();
  const gateway = ProbedGateway.start(launchOf(usual, port, targetPort));
  try {
    await waitForAnswer(gateway.started, { port, path, pauseMs: 20 });
    await putUnderLoad(port, seconds);
    await readSettledBytes(gateway.started.id);
    const parts = readMemoryParts(gateway.started.id);
    const threads = (await gateway.ask('memory', 2)).map((text) => JSON.parse(text) as ThreadMemory);
    const snapshots = (await gateway.ask('snapshot', 2)).map(summariseHeap);
    return [
      ...parts.map(({ what, bytes }) => row(`mapped: ${what}`, bytes)),
      ...threads.toSorted((left) => (left.isMain ? -1 : 1)).flatMap(describeThread),
      ...snapshots.flatMap((shares, at) =>
        shares
          .slice(0, largestShares)
          .map(({ what, bytes, count }) => row(`heap ${at + 1}: ${what}, ${count.toLocaleString('en-GB')}`, bytes)),
      ),
    ];
  } finally {
    await gateway.started.stop();
  }
}

function describeThread({
  isMain,
  external,
  arrayBuffers,
  mallocedBytes,
  spaces,
}: ThreadMemory): Record<string, Value>[] {
  const name = isMain ? 'control thread' : 'worker';
  return [
    ...spaces
      .filter(({ committedBytes }) => committedBytes > 0)
      .map((space) =>
        row(`${name}: ${space.name}, ${(space.usedBytes / 1e6).toFixed(1)} MB used`, space.committedBytes),
      ),
    row(`${name}: V8's own malloc`, mallocedBytes),
    row(`${name}: buffers`, arrayBuffers),
    // What is shared with the other thread is among the buffers alone.
    row(`${name}: other memory outside of the heap`, Math.max(0, external - arrayBuffers)),
  ];
}

function row(what: string, bytes: number): Record<string, Value> {
  return { what, afterLoad: bytes / 1e6 };
}
