import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { systemClock } from '../core/ports.ts';
import type { Program } from '../core/worker-messages.ts';
import { createSharedState } from '../state/layout.ts';
import type { Behaviour, FakeConfig } from './fixtures/fake-worker.ts';
import { startThread, ThreadAhead } from './thread-ahead.ts';
import { Workers } from './workers.ts';

const entry = new URL('./fixtures/fake-worker.ts', import.meta.url);
const endsAtOnce = new URL('data:text/javascript,process.exit(3)');

function createBench(count: number, threadAhead: ThreadAhead, lives: readonly Behaviour[] = ['serve']) {
  const state = createSharedState({ workers: count, routes: 1, upstreams: 0, targets: 0, series: 8, buckets: 8 });
  const begun = new Int32Array(new SharedArrayBuffer(4 * count));
  const slots = { routes: {}, upstreams: {}, targets: {} };
  const program: Program<FakeConfig> = { version: 7, config: { lives, begun }, slots };
  const messages = new EventEmitter();
  const workers = new Workers<FakeConfig>(count, {
    answerKey: async ({ ask }) => ({ kind: 'key-found', ask, keys: [null] }),
    entry,
    threadAhead,
    state,
    gatewaySocket: '/nowhere.sock',
    program,
    logger: { log: (_level, message) => void messages.emit(message) },
    clock: systemClock,
  });
  return { workers, begun, message: (text: string) => once(messages, text) };
}

/** A thread ahead, and when it ends. */
async function startAhead(module: URL): Promise<{ threadAhead: ThreadAhead; ended: Promise<void> }> {
  const created = once(process, 'worker');
  const threadAhead = new ThreadAhead(module);
  const [thread] = (await created) as [Worker];
  const { promise, resolve } = Promise.withResolvers<void>();
  thread.on('exit', () => resolve());
  // Nothing else keeps the test alive.
  thread.ref();
  return { threadAhead, ended: promise };
}

test('a thread started ahead is that of the first worker, and the others have threads of their own', async () => {
  await using threadAhead = new ThreadAhead(entry);
  const { workers, begun } = createBench(2, threadAhead);
  await workers.start();
  assert.equal(threadAhead.take(), null);
  assert.deepEqual(workers.programmedVersions, [7, 7]);
  assert.deepEqual([...begun], [1, 1]);
  await workers.drain(5_000);
});

test('its successor is a new one', async () => {
  await using threadAhead = new ThreadAhead(entry);
  const { workers, begun, message } = createBench(1, threadAhead, ['serve-and-throw', 'serve']);
  const successor = message('the worker that took the place of a dead one serves');
  await workers.start();
  await successor;
  assert.equal(begun[0], 2);
  await workers.drain(5_000);
});

test('one that has ended before it was needed is replaced', async () => {
  for (const end of [endsAtOnce, new URL('data:text/javascript,throw new Error("no luck")')]) {
    const { threadAhead, ended } = await startAhead(end);
    await ended;
    const { workers, begun } = createBench(1, threadAhead);
    await workers.start();
    assert.equal(begun[0], 1);
    await workers.drain(5_000);
  }
});

test('one that nobody takes is ended, and keeps no process alive', async () => {
  const { threadAhead, ended } = await startAhead(entry);
  await threadAhead[Symbol.asyncDispose]();
  await ended;
  assert.equal(threadAhead.take(), null);
  const module = JSON.stringify(new URL('./thread-ahead.ts', import.meta.url).href);
  const source = `const { ThreadAhead } = await import(${module}); new ThreadAhead(new URL(${JSON.stringify(entry.href)}));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: 'ignore' });
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('the new objects of a thread take no more than 24 MiB, however many live for a while', async () => {
  const thread = startThread(new URL('./fixtures/allocating-worker.ts', import.meta.url), 0);
  const [bytes] = (await once(thread, 'message')) as [number];
  await thread.terminate();
  // Mostly 16, sometimes a page or two more; without a bound it would be 58 and more.
  assert.ok(bytes > 4 * 1024 * 1024 && bytes <= 24 * 1024 * 1024, `${bytes} bytes`);
});
