import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { readOpenFiles, type OpenFiles } from './open-files.ts';
import type { ProbedGateway } from './probed-gateway.ts';
import { waitUntil } from './wait.ts';

/** What a gateway holds that nothing is under way on. */
export interface Census {
  /** Open files of its process, by kind. */
  readonly files: OpenFiles;
  /** The gauges of its metrics. */
  readonly gauges: Readonly<Record<string, number>>;
  /**
   * What of its threads has or may have a deadline, by class and thread: connections of clients and to targets, questions
   * about keys. The one that belongs to a request is not counted, since requests are kept to be used again. Null where it
   * was not asked for.
   */
  readonly timed: Readonly<Record<string, number>> | null;
}

const gaugeNames = [
  'gateway_connections',
  'gateway_requests_in_flight',
  'gateway_worker_connections',
  'gateway_worker_requests_in_flight',
  'gateway_workers',
] as const;

/**
 * Counts what there is, once it has been the same for `restMs`, which is longer than connections to targets are kept;
 * nothing may be under way. Without objects it takes less time.
 */
export async function takeCensus(
  gateway: ProbedGateway,
  { objects = true, restMs = 500 }: { readonly objects?: boolean; readonly restMs?: number } = {},
): Promise<Census> {
  let before = await readOutside(gateway);
  let sinceMs = performance.now();
  const outside = await waitUntil('the gateway comes to rest', async () => {
    const now = await readOutside(gateway);
    if (!isDeepStrictEqual(before, now)) sinceMs = performance.now();
    before = now;
    return performance.now() - sinceMs >= restMs ? now : null;
  });
  return { ...outside, timed: objects ? await readTimed(gateway) : null };
}

/** Holds a gateway to what it held before, as soon as it has come to rest; what does not go by itself has leaked. */
export async function assertSameCensus(gateway: ProbedGateway, before: Census): Promise<void> {
  const { files, gauges } = before;
  let now: Omit<Census, 'timed'> | null = null;
  const rested = waitUntil('what was open is closed', async () => {
    now = await readOutside(gateway);
    return isDeepStrictEqual(now, { files, gauges });
  });
  // The comparison below shows what the difference is.
  await rested.catch(() => {});
  assert.deepEqual(now, { files, gauges });
  if (before.timed !== null) assert.deepEqual(await readTimed(gateway), before.timed);
}

async function readOutside(gateway: ProbedGateway): Promise<Omit<Census, 'timed'>> {
  const page = await gateway.metrics();
  const gauges = Object.fromEntries(gaugeNames.map((name) => [name, page.sum(name)]));
  const ports = { [gateway.port]: 'client', [gateway.adminPort]: 'admin' };
  return { files: readOpenFiles(gateway.id, ports), gauges };
}

async function readTimed({ threads, workers }: ProbedGateway): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { thread, objects } of await threads.ask(workers + 1, { objects: true })) {
    for (const [name, count] of Object.entries(objects)) {
      if (name !== 'ForwardDeadline') counts[`${name} of ${thread}`] = count;
    }
  }
  return counts;
}
