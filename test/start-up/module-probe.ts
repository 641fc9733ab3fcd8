/**
 * Loaded into every thread of a program before its own code (`--import`), to write down what the thread has loaded: the
 * control thread by the time that it tells a worker what to serve, and a worker by the time that it serves that.
 */
import { writeFileSync } from 'node:fs';
import { getCompileCacheDir, registerHooks } from 'node:module';
import path from 'node:path';
import { isMainThread, MessagePort, parentPort, Worker } from 'node:worker_threads';
import { listFileVariable, type LoadedModules } from './loaded-modules.ts';

const urls: string[] = [];
registerHooks({
  load(url, context, next) {
    urls.push(url);
    return next(url, context);
  },
});

/** Node.js keeps this list in a place of its own, which it does not document. */
const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] };

function write(thread: keyof typeof names): void {
  const loaded: LoadedModules = {
    urls,
    builtIn: moduleLoadList.flatMap((entry) => /^NativeModule (.+)$/.exec(entry)?.[1] ?? []),
    compileCache: getCompileCacheDir() ?? null,
  };
  writeFileSync(path.join(process.env[listFileVariable] ?? '.', names[thread]), JSON.stringify(loaded));
}

const names = { control: 'control.json', worker: 'worker.json' } as const;

/** Calls `note` with the first argument of each call, before the call. */
function watchCalls(owner: { postMessage: (...words: never[]) => unknown }, note: (message: unknown) => void): void {
  const original = owner.postMessage;
  owner.postMessage = function post(this: unknown, ...words: never[]) {
    note(words[0]);
    return Reflect.apply(original, this, words);
  };
}

const isOf = (message: unknown, kind: string): boolean =>
  typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind;

if (isMainThread) {
  let isFirst = true;
  watchCalls(Worker.prototype, () => {
    if (isFirst) write('control');
    isFirst = false;
  });
} else if (parentPort !== null) {
  watchCalls(MessagePort.prototype, (message) => {
    if (isOf(message, 'programmed')) write('worker');
  });
}
