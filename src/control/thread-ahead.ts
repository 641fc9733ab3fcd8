import { Worker } from 'node:worker_threads';

/**
 * V8 would give the new objects of a thread up to 64 MiB, bit by bit while many requests are under way. With 16 MiB, a
 * request takes as long with 64 connections, and some 2 % longer with 256. `--max-semi-space-size` sets another bound.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 24 } as const;

/** Starts the thread of a worker. It loads its code at once, and waits to be told what to serve. */
export function startThread(entry: URL, index: number): Worker {
  return new Worker(entry, { name: `sluice-worker-${index}`, resourceLimits });
}

/**
 * The thread of the first worker, started before anybody knows what it is to serve: it loads its code while another
 * thread finds that out. It keeps no process alive until it is taken.
 */
export class ThreadAhead implements AsyncDisposable {
  #thread: Worker | null;
  readonly #lose = (): void => {
    this.#thread = null;
  };

  constructor(entry: URL) {
    this.#thread = startThread(entry, 0);
    this.#thread.unref();
    // Whatever ended it will end the thread that takes its place too, and is told then.
    this.#thread.on('error', this.#lose);
    this.#thread.on('exit', this.#lose);
  }

  /** The thread, once; null where there is none any more. */
  take(): Worker | null {
    const thread = this.#thread;
    if (thread === null) return null;
    this.#thread = null;
    thread.off('error', this.#lose);
    thread.off('exit', this.#lose);
    thread.ref();
    return thread;
  }

  /** Ends a thread that nobody has taken. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread?.terminate();
  }
}
