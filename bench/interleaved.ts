import { loadCore, proxyCore } from './contender.ts';
import { readThreadSeconds } from './process-usage.ts';
import { startProcess, tail, type Launch, type StartedProcess } from './processes.ts';
import { requirePrograms } from './programs.ts';
import { waitForAnswer } from './readiness.ts';
import { apiKeyHeader } from './subjects.ts';
import { runWrk, type Load } from './wrk.ts';

const path = '/api/users/1';
const warmUpSeconds = 2;
const sliceSeconds = 1;

/** One of several programs that are measured at the same time, in turns of a second. */
export interface Runner {
  readonly name: string;
  readonly port: number;
  readonly launch: Launch;
}

/**
 * Microseconds of processor time for a request, of each runner in each slice: all are started, warmed up, and get load in turns, a
 * second each and to and fro. Whatever slows the machine down for longer than that does so for all of them alike.
 */
export async function measureInterleaved(runners: readonly Runner[], slices: number): Promise<number[][]> {
  const { wrk } = requirePrograms('wrk', 'taskset');
  const common = { program: wrk, core: loadCore, path, headers: [apiKeyHeader], connections: 64 };
  const load = (port: number, seconds: number): Load => ({ ...common, port, seconds });
  const started: StartedProcess[] = [];
  const micros: number[][] = runners.map(() => []);
  try {
    for (const { launch, port } of runners) {
      const process = startProcess({ ...launch, core: proxyCore });
      started.push(process);
      await waitForAnswer(process, { port, path, pauseMs: 20 });
      await runWrk(load(port, warmUpSeconds));
    }
    const order = [...runners.keys()];
    for (let slice = 0; slice < slices; slice += 1) {
      for (const at of slice % 2 === 0 ? order : order.toReversed()) {
        const [runner, process] = [runners[at], started[at]];
        if (runner === undefined || process === undefined) continue;
        if (process.hasEnded) throw new Error(`${runner.name} has ended: ${tail(process)}`);
        const before = readThreadSeconds(process.id);
        const { requests, failures } = await runWrk(load(runner.port, sliceSeconds));
        if (failures > 0) throw new Error(`${runner.name} failed ${failures} requests or connections`);
        micros[at]?.push(((readThreadSeconds(process.id) - before) * 1e6) / requests);
      }
    }
  } finally {
    await Promise.all(started.map((process) => process.stop()));
  }
  return micros;
}
