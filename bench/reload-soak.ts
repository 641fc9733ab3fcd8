import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import { createGateway, type Gateway } from '../src/app.ts';
import { readInteger } from '../src/cli/command.ts';
import { documentFromValue } from '../src/config/document.ts';
import { loadConfig } from '../src/config/load.ts';
import type { Config } from '../src/config/schema.ts';
import { builtInPolicies } from '../src/policies/index.ts';
import { Load } from '../test/reload/load.ts';
import { answerUser, startLoopbackTarget, type LoopbackTarget } from './loopback-target.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { readResidentBytes } from './process-usage.ts';
import type { Table } from './table.ts';

/** Reloads under load: no request may fail, and nothing may grow. */
export const reloadSoak: Measurement = {
  title: 'Reloads under load',
  options: { reloads: { type: 'string' } },
  plan(values) {
    const reloads = readInteger(values, 'reloads', { fallback: 5_000, minimum: 10, maximum: 1_000_000 });
    return () => run(reloads);
  },
};

/** What may not grow, at one moment. */
export interface SoakSample {
  readonly controlHeap: number;
  /** Of all workers together. */
  readonly workerHeaps: number;
  /** Of the control thread. */
  readonly handles: number;
  /** Open files, sockets among them, of the whole process. */
  readonly files: number;
  readonly threads: number;
  /** In shared memory. */
  readonly slots: number;
  /** For information: it follows the heaps with some delay. */
  readonly resident: number;
}

export interface SoakResult {
  readonly reloads: number;
  readonly requests: number;
  readonly failures: readonly string[];
  readonly refused: readonly string[];
  readonly medianMs: number;
  readonly longestMs: number;
  readonly before: SoakSample;
  readonly after: SoakSample;
}

/** Configurations that take turns; with the names that each has, they are all that there ever is. */
const editions = 16;
const workers = 2;
/** Checks of health come and go, and idle connections are more or less. */
const slack = { handles: 10, files: 16, threads: 0, slots: 0 } as const;

async function run(reloads: number): Promise<Table> {
  const result = await soakReloads({ reloads, tell: tellProgress });
  const problems = findProblems(result);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return tableOf(result);
}

/** What is wrong with a soak: requests that failed, and what has grown. */
export function findProblems({ failures, refused, before, after }: SoakResult): string[] {
  const problems = [
    ...failures.slice(0, 3).map((failure) => `a request failed: ${failure}`),
    ...refused.slice(0, 3).map((issue) => `a reload was refused: ${issue}`),
  ];
  for (const key of ['controlHeap', 'workerHeaps'] as const) {
    const limit = before[key] * 1.1 + 2e6;
    if (after[key] > limit) problems.push(`${key} has grown from ${before[key]} to ${after[key]} bytes`);
  }
  for (const key of ['handles', 'files', 'threads', 'slots'] as const) {
    const limit = before[key] + slack[key];
    if (after[key] > limit) problems.push(`${key} have grown from ${before[key]} to ${after[key]}`);
  }
  return problems;
}

function tableOf({ reloads, requests, medianMs, longestMs, before, after }: SoakResult): Table {
  const row = (what: string, key: keyof SoakSample, unit = 1) => ({
    what,
    before: before[key] / unit,
    after: after[key] / unit,
  });
  return {
    columns: [
      { key: 'what', heading: 'what' },
      { key: 'before', heading: 'after the warm-up', decimals: 1 },
      { key: 'after', heading: 'at the end', decimals: 1 },
    ],
    rows: [
      row('heap of the control thread, MB', 'controlHeap', 1e6),
      row(`heaps of the ${workers} workers, MB`, 'workerHeaps', 1e6),
      row('handles of the control thread', 'handles'),
      row('open files and sockets', 'files'),
      row('threads', 'threads'),
      row('slots in shared memory', 'slots'),
      row('resident memory, MB', 'resident', 1e6),
    ],
    notes: [
      `${reloads} reloads, ${requests} requests, none failed. ` +
        `A reload took ${medianMs.toFixed(1)} ms in the median, ${longestMs.toFixed(1)} ms at most.`,
    ],
  };
}

interface SoakOptions {
  readonly reloads: number;
  readonly tell: (text: string) => void;
}

export async function soakReloads({ reloads, tell }: SoakOptions): Promise<SoakResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-soak-'));
  const threads: Worker[] = [];
  const noteThread = (worker: Worker): void => void threads.push(worker);
  process.on('worker', noteThread);
  using first = await startLoopbackTarget(answerUser);
  using second = await startLoopbackTarget(answerUser);
  const editionOf = createEditions({ folder, targets: [first, second], secondPort: await findFreePort() });
  const gateway = await createGateway({ config: editionOf(0), logger: { log: () => undefined } });
  const load = new Load();
  try {
    await gateway.start();
    startLoad(load, gateway);
    const durations: number[] = [];
    const refused: string[] = [];
    const reload = async (count: number) => {
      const startedMs = performance.now();
      const outcome = await gateway.reload(editionOf(count));
      durations.push(performance.now() - startedMs);
      if (outcome.status === 'failure') refused.push(outcome.issues.map(({ message }) => message).join(', '));
    };
    // All editions have been there, and code that is called often has been compiled.
    const warmUp = Math.max(2 * editions, Math.floor(reloads / 10));
    for (let count = 1; count <= warmUp; count += 1) await reload(count);
    const before = await takeSample(gateway, load, threads);
    durations.length = 0;
    for (let count = 1; count <= reloads; count += 1) {
      await reload(count);
      if (count % 500 === 0) tell(`${count} reloads, ${load.requests} requests`);
    }
    // The same edition as at the first sample.
    await reload(warmUp);
    const after = await takeSample(gateway, load, threads);
    durations.sort((one, other) => one - other);
    return {
      reloads,
      requests: load.requests,
      failures: load.failures,
      refused,
      medianMs: durations[Math.floor(durations.length / 2)] ?? NaN,
      longestMs: durations.at(-1) ?? NaN,
      before,
      after,
    };
  } finally {
    await load.stop();
    await gateway.stop({ timeoutMs: 1_000 });
    process.off('worker', noteThread);
    rmSync(folder, { recursive: true });
  }
}

function startLoad(load: Load, { addresses }: Gateway): void {
  const port = addresses[0]?.port ?? 0;
  const body = Buffer.alloc(50_000, 'x');
  for (const path of ['/staying', '/turning']) {
    for (let client = 0; client < 3; client += 1) load.start({ port, path });
    load.start({ port, path, body });
    load.start({ port, path, fresh: true });
  }
}

/** Configurations that differ in all that a reload may change; the listener and two routes are always there. */
function createEditions(init: {
  readonly folder: string;
  readonly targets: readonly [LoopbackTarget, LoopbackTarget];
  readonly secondPort: number;
}): (count: number) => Config {
  const { folder, targets, secondPort } = init;
  const [first, second] = targets.map(({ port }) => `http://127.0.0.1:${port}`) as [string, string];
  const documentOf = (edition: number) => ({
    listeners: [{ address: '127.0.0.1:0' }, ...(edition % 4 === 3 ? [{ address: `127.0.0.1:${secondPort}` }] : [])],
    admin: { address: '127.0.0.1:0' },
    workers,
    access_log: edition % 3 === 0 ? false : { file: join(folder, `${edition % 3}.log`) },
    trusted_proxies: edition % 2 === 0 ? [] : ['127.0.0.1'],
    limits: { keep_alive_timeout: `${60 + edition}s` },
    keys: [{ name: 'app', secret: `key-${edition}` }],
    policies: edition % 2 === 0 ? [] : [{ cors: {} }, { rate_limit: { by: 'ip', limit: '50000/s', burst: 1_000_000 } }],
    upstreams: {
      staying: { targets: [first] },
      turning: {
        targets: edition % 2 === 0 ? [first, second] : [second],
        balance: edition % 5 === 0 ? 'random' : 'round-robin',
        health: edition % 3 === 0 ? false : { path: '/health', interval: `${50 + edition}ms` },
        breaker: edition % 7 === 0 ? false : {},
        pool: { max_idle: 10 + edition },
      },
      ...(edition % 4 === 1 ? { passing: { targets: [second] } } : {}),
    },
    routes: [
      { name: 'staying', match: { path: '/staying' }, upstream: 'staying' },
      { name: 'turning', match: { path: '/turning' }, upstream: 'turning' },
      ...Array.from({ length: 5 }, (_, index) => ({
        name: `passing-${edition}-${index}`,
        match: { path: `/passing/${edition}/${index}` },
        upstream: edition % 4 === 1 ? 'passing' : 'staying',
        policies: [{ api_key: {} }],
      })),
    ],
  });
  const configs = Array.from({ length: editions }, (_, edition): Config => {
    const loaded = loadConfig(documentFromValue(documentOf(edition), 'the soak'), builtInPolicies);
    if ('issues' in loaded) throw new Error(JSON.stringify(loaded.issues));
    return loaded.config;
  });
  return (count) => configs[count % editions] as Config;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  server.close();
  await closed;
  return port;
}

/** When nobody asks for anything: what requests hold is their own. */
async function takeSample(gateway: Gateway, load: Load, threads: readonly Worker[]): Promise<SoakSample> {
  load.pause();
  // Connections of listeners that are gone, and logs that are closed, have a moment to end.
  await delay(2_500);
  const workerHeaps = await Promise.all(threads.map(readHeapBytes));
  collectGarbage();
  const sample: SoakSample = {
    controlHeap: process.memoryUsage().heapUsed,
    workerHeaps: workerHeaps.reduce((sum, bytes) => sum + bytes, 0),
    handles: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate').length,
    files: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    slots: await readSlots(gateway),
    resident: readResidentBytes(process.pid),
  };
  load.resume();
  return sample;
}

/** Of what is alive: a snapshot of a heap is taken after its garbage has been collected. */
async function readHeapBytes(worker: Worker): Promise<number> {
  const snapshot = await worker.getHeapSnapshot();
  for await (const _part of snapshot) {
    // What is in it does not matter.
  }
  return (await worker.getHeapStatistics()).used_heap_size;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) collect();
}

async function readSlots({ adminAddress }: Gateway): Promise<number> {
  if (adminAddress === null) throw new Error('the gateway has no admin listener');
  const url = `http://${adminAddress.host}:${adminAddress.port}/metrics`;
  const page = await (await fetch(url, { headers: { Connection: 'close' } })).text();
  const samples = page.matchAll(/^gateway_slots_in_use\{kind="\w+"\} (\d+)$/gm);
  return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
}
