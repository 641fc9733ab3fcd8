/**
 * Loaded into every thread of a gateway before the gateway itself, by `--import`. At each SIGUSR2 every thread does what
 * the file `command` of the probe's folder says, and leaves its answer in a file of its own.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { getHeapSpaceStatistics, getHeapStatistics, writeHeapSnapshot } from 'node:v8';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';
import type { ThreadMemory } from './probed-gateway.ts';

const folder = process.env['SLUICE_BENCH_PROBE'] ?? '.';
const channel = new BroadcastChannel('sluice-bench-probe');
channel.unref();
channel.addEventListener('message', (event) => act(String((event as MessageEvent).data)));
if (isMainThread) {
  process.on('SIGUSR2', () => {
    const command = readFileSync(join(folder, 'command'), 'utf8');
    channel.postMessage(command);
    act(command);
  });
}

let session: Session | null = null;

function act(command: string): void {
  if (command === 'memory') {
    const { rss: _, ...memory } = process.memoryUsage();
    const thread: ThreadMemory = {
      isMain: isMainThread,
      ...memory,
      mallocedBytes: getHeapStatistics().malloced_memory,
      spaces: getHeapSpaceStatistics().map((space) => ({
        name: space.space_name,
        usedBytes: space.space_used_size,
        committedBytes: space.physical_space_size,
      })),
    };
    leave(command, JSON.stringify(thread));
  } else if (command === 'snapshot') {
    const file = writeHeapSnapshot(join(folder, `writing-${threadId}`));
    renameSync(file, join(folder, `${command}-${threadId}.json`));
  } else if (command === 'profile-begin') {
    session = new Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: 200 });
    session.post('Profiler.start', () => leave(command, '{}'));
  } else if (command === 'profile-end') {
    session?.post('Profiler.stop', (error, result) => {
      leave(command, JSON.stringify(error === null ? { isMain: isMainThread, profile: result.profile } : { error }));
    });
  }
}

/** Whoever looks for the file finds it whole. */
function leave(command: string, text: string): void {
  const name = join(folder, `${command}-${threadId}.json`);
  writeFileSync(`${name}.part`, text);
  renameSync(`${name}.part`, name);
}
