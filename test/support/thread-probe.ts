/**
 * Loaded into every thread of a gateway before its own code (`--import`), to say from within what a thread holds. The
 * process is asked over its channel, its threads by a broadcast; the program under test has no door for this.
 */
import { BroadcastChannel, isMainThread, threadName } from 'node:worker_threads';
import { getHeapSpaceStatistics, getHeapStatistics, queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ThreadQuestion, ThreadReport } from './thread-report.ts';

/** Either a question of the main thread's or the answer to one. */
interface Broadcast {
  readonly question?: ThreadQuestion;
  readonly report?: ThreadReport;
}

/** Where V8 keeps what it makes of functions. */
const isOfCode = (space: string): boolean => /^(?:code|trusted)(?:_large_object)?_space$/.test(space);

const ownName = isMainThread ? 'main' : (threadName ?? '');
const channel = new BroadcastChannel('thread-probe');
channel.unref();

/**
 * Everything that may have a deadline: connections of clients and to targets among them. Counted by the name of its class
 * after a garbage collection. This takes V8 a while, so it is done once for all of them.
 */
async function countTimed(): Promise<Record<string, number>> {
  const { Timed } = await import('../../src/lib/timer-wheel.ts');
  const counts: Record<string, number> = {};
  for (const summary of queryObjects(Timed, { format: 'summary' })) {
    const name = /^\w+/.exec(summary)?.[0] ?? '';
    // The prototype of a class is an object of the class above it.
    if (name !== 'Timed') counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

function readCodeBytes(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name: name }) => isOfCode(name));
  return spaces.reduce((sum, { space_used_size: bytes }) => sum + bytes, 0);
}

async function report({ collect, objects }: ThreadQuestion): Promise<ThreadReport> {
  if (collect) collectGarbage();
  const { used_heap_size: heapUsed, external_memory: external } = getHeapStatistics();
  return {
    thread: ownName,
    heapUsed,
    codeBytes: readCodeBytes(),
    external,
    objects: objects && !isMainThread ? await countTimed() : {},
  };
}

async function answer(question: ThreadQuestion, say: (report: ThreadReport) => void): Promise<void> {
  if (question.crash === ownName && !isMainThread) {
    setImmediate(() => {
      throw new Error('crashed by a test');
    });
    return;
  }
  if (question.crash === null) say(await report(question));
}

if (isMainThread) {
  process.on('message', (question: ThreadQuestion) => {
    channel.postMessage({ question });
    void answer(question, (ours) => process.send?.({ id: question.id, report: ours }));
  });
  process.channel?.unref();
  channel.addEventListener('message', ({ data }: MessageEvent) => {
    if ((data as Broadcast).report !== undefined) process.send?.(data);
  });
} else {
  channel.addEventListener('message', ({ data }: MessageEvent) => {
    const { question } = data as Broadcast;
    if (question === undefined) return;
    void answer(question, (ours) => channel.postMessage({ id: question.id, report: ours }));
  });
}
