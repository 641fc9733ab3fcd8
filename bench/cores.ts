import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { readInteger } from '../src/cli/command.ts';
import { createSharedState } from '../src/state/layout.ts';
import { contendedWords, type ContendedName } from './contention/contended-words.ts';
import type { ContendingSetting } from './contention/contending-thread.ts';
import { gatewaySubjects } from './gateway-subjects.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { describeNginxBackend } from './nginx.ts';
import { takePort } from './ports.ts';
import { readProcessorSeconds } from './process-usage.ts';
import { startProcess, type Launch } from './processes.ts';
import { requirePrograms } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import { median } from './statistics.ts';
import { apiKeyHeader } from './subjects.ts';
import type { Table, Value } from './table.ts';
import { runWrk } from './wrk.ts';

const path = '/api/users/1';
const contentionMs = 400;
const repeats = 5;

/** What more workers bring, and what the words that they share cost when all are at them. */
export const cores: Measurement = {
  title: 'Cores',
  options: { 'core-rounds': { type: 'string' } },
  plan(values) {
    const rounds = readInteger(values, 'core-rounds', { fallback: 3, minimum: 1, maximum: 100 });
    return () => run(rounds);
  },
};

async function run(rounds: number): Promise<Table> {
  const rows = [...(await measureContention()), ...(await measureWorkers(rounds))];
  return { columns, rows, notes: [] };
}

const columns = [
  { key: 'what', heading: 'what' },
  { key: 'threads', heading: 'threads' },
  { key: 'nanos', heading: 'time a call in each, ns', decimals: 1 },
  { key: 'processorNanos', heading: 'CPU a call, ns', decimals: 1 },
  { key: 'requestsPerSecond', heading: 'requests/s' },
  { key: 'processorMicros', heading: 'CPU per request, µs', decimals: 1 },
] as const;

async function measureContention(): Promise<Record<string, Value>[]> {
  const rows: Record<string, Value>[] = [];
  for (const name of Object.keys(contendedWords) as ContendedName[]) {
    for (const threads of listThreadCounts()) {
      tellProgress(`${name}, ${threads} threads`);
      const results: { processorNanos: number; nanos: number }[] = [];
      for (let repeat = 0; repeat < repeats; repeat += 1) results.push(...(await contend(name, threads)));
      rows.push({
        what: name,
        threads,
        nanos: median(results.map(({ nanos }) => nanos)),
        processorNanos: median(results.map(({ processorNanos }) => processorNanos)),
      });
    }
  }
  return rows;
}

/** 1, 2, 4 and so on, and all cores. */
function listThreadCounts(): readonly number[] {
  const all = availableParallelism();
  const counts: number[] = [];
  for (let count = 1; count < all; count *= 2) counts.push(count);
  return [...counts, all];
}

async function contend(name: ContendedName, threads: number): Promise<{ processorNanos: number; nanos: number }[]> {
  const state = createSharedState({ workers: threads, routes: 8, upstreams: 4, targets: 8, series: 256 });
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const entry = new URL('contention/contending-thread.ts', import.meta.url);
  const each = Array.from({ length: threads }, async (_, thread) => {
    const workerData: ContendingSetting = { name, state, thread, threads, gate, milliseconds: contentionMs };
    const worker = new Worker(entry, { workerData });
    const [result] = (await once(worker, 'message')) as [{ processorNanos: number; nanos: number }];
    await worker.terminate();
    return result;
  });
  return await Promise.all(each);
}

/** On all cores, together with the load and the target: nobody is kept to one of them. */
async function measureWorkers(rounds: number): Promise<Record<string, Value>[]> {
  const { wrk } = requirePrograms('wrk', 'nginx');
  const targetPort = await takePort();
  const target = startProcess(describeNginxBackend(targetPort));
  const subject = gatewaySubjects.policies;
  const counts = listThreadCounts().map((workers) => ({ workers, speeds: [] as number[], micros: [] as number[] }));
  try {
    await waitForAnswer(target, { port: targetPort, path, pauseMs: 20 });
    for (let round = 1; round <= rounds; round += 1) {
      for (const count of counts) {
        const port = await takePort();
        const described = await subject.describe({ port, targetPort });
        const started = startProcess(withWorkers(described, count.workers));
        const load = { program: wrk, port, path, headers: [apiKeyHeader], connections: 64, seconds: 3 };
        try {
          await waitForAnswer(started, { port, path, pauseMs: 20 });
          await runWrk(load);
          const before = readProcessorSeconds(started.id);
          const { requests, requestsPerSecond } = await runWrk(load);
          count.micros.push(((readProcessorSeconds(started.id) - before) * 1e6) / requests);
          count.speeds.push(requestsPerSecond);
        } finally {
          await started.stop();
          subject.cleanUp?.();
        }
      }
    }
  } finally {
    await target.stop();
  }
  return counts.map(({ workers, speeds, micros }) => ({
    what: 'sluice-policies, load and target on the same cores',
    threads: workers,
    requestsPerSecond: median(speeds),
    processorMicros: median(micros),
  }));
}

function withWorkers(launch: Launch, workers: number): Launch {
  const at = launch.parameters.indexOf('--workers') + 1;
  return { ...launch, parameters: launch.parameters.with(at, String(workers)) };
}
