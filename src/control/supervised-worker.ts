import type { Worker } from 'node:worker_threads';
import type { Clock, Logger } from '../core/ports.ts';
import type { FindKey, FromWorker, KeyAnswer, Program, ToWorker, WorkerStart } from '../core/worker-messages.ts';
import { releaseBreakerSlots } from '../state/breaker-state.ts';
import { releaseBucketLocks } from '../state/buckets.ts';
import { WorkerCounters } from '../state/counters.ts';
import type { SharedState } from '../state/layout.ts';
import { releaseClientHolds } from '../state/client-holds.ts';
import { releaseLoads } from '../state/load-counts.ts';
import { StartError } from './start-error.ts';
import { startThread, type ThreadAhead } from './thread-ahead.ts';

/** What every worker thread is started with. */
export interface WorkerSetting<TConfig> {
  /** The module that the thread runs. */
  readonly entry: URL;
  /** For the first worker, where it has been started already. */
  readonly threadAhead?: ThreadAhead | undefined;
  readonly state: SharedState;
  /** Path of the unix socket on which the gateway's own endpoints are served. */
  readonly gatewaySocket: string;
  readonly program: Program<TConfig>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Says whose key it is; never rejects. */
  readonly answerKey: (question: FindKey) => Promise<KeyAnswer>;
}

/** A worker that served for less than this has died early: whatever killed it may kill the next one too. */
const earlyMs = 10_000;
const firstDelayMs = 100;
const longestDelayMs = 5_000;
/** A worker cuts what is left by itself; one that does not even do that is ended after this. */
const drainGraceMs = 500;

/** How long to wait before a worker is replaced: not at all the first time, then 100 ms, doubled up to 5 s. */
export function replacementDelayMs(earlyDeaths: number): number {
  return earlyDeaths <= 1 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (earlyDeaths - 2));
}

/** A version that the thread is to make ready. */
interface Preparing<TConfig> {
  readonly program: Program<TConfig>;
  /** With null once it is ready, otherwise with why it is not. */
  readonly settle: (reason: string | null) => void;
}

/** One worker thread and its successors: whichever of them lives serves from the same region of the shared memory. */
export class SupervisedWorker<TConfig> {
  readonly #index: number;
  readonly #setting: WorkerSetting<TConfig>;
  readonly #firstServing = Promise.withResolvers<void>();
  /** The version that was committed last: a successor begins with it. */
  #program: Program<TConfig>;
  #preparing: Preparing<TConfig> | null = null;
  /** Each is called when the worker serves another version, or is not going to any more. */
  readonly #programmedListeners = new Set<() => void>();
  #thread: Worker | null = null;
  /** Resolves when the present thread has nothing left to do. */
  #drained = Promise.withResolvers<void>();
  #startedAtMs = 0;
  #acceptedVersion: number | null = null;
  #programmedVersion: number | null = null;
  /** Any of the threads has; the present one has if there is a programmed version. */
  #hasServed = false;
  #stopping = false;
  #earlyDeaths = 0;
  #replacement: NodeJS.Timeout | undefined;

  constructor(index: number, setting: WorkerSetting<TConfig>) {
    this.#index = index;
    this.#setting = setting;
    this.#program = setting.program;
  }

  /** The version that the worker has made ready last, whether it serves it yet or not; null while it has none. */
  get acceptedVersion(): number | null {
    return this.#acceptedVersion;
  }

  /** The version of the configuration that the worker serves; null while it serves none. */
  get programmedVersion(): number | null {
    return this.#programmedVersion;
  }

  /** Resolves when the worker serves; rejects with a StartError when it cannot. It is replaced only once it has served. */
  async start(): Promise<void> {
    this.#spawn();
    await this.#firstServing.promise;
  }

  /**
   * Has the thread make a version ready beside the one that it serves. Where there is no thread just now nobody is asked:
   * the successor will be told.
   *
   * @returns null when it is ready; otherwise why not, in a few words. `commit` or `abandon` follows in both cases.
   */
  async prepare(program: Program<TConfig>, timeoutMs: number): Promise<string | null> {
    if (this.#stopping) return 'the gateway stops';
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.#preparing = { program, settle: resolve };
    if (this.#thread === null) return null;
    this.send({ kind: 'prepare', program });
    const timer = setTimeout(() => resolve(`it did not answer within ${timeoutMs} ms`), timeoutMs);
    const reason = await promise;
    clearTimeout(timer);
    return reason;
  }

  /** What has been prepared is served from now on, by this thread and by its successors. */
  commit(): void {
    if (this.#preparing === null) return;
    const { program } = this.#preparing;
    this.#preparing = null;
    this.#program = program;
    this.send({ kind: 'commit', version: program.version });
  }

  /** What has been prepared is not served. */
  abandon(): void {
    if (this.#preparing === null) return;
    const { version } = this.#preparing.program;
    this.#preparing = null;
    this.#acceptedVersion = this.#programmedVersion;
    this.send({ kind: 'abandon', version });
  }

  /** Resolves with whether the worker serves the version that was committed last, after `timeoutMs` at the latest. */
  async whenProgrammed(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const isProgrammed = () => this.#programmedVersion === this.#program.version;
    const listener = () => {
      if (isProgrammed() || this.#stopping) resolve();
    };
    const timer = setTimeout(resolve, timeoutMs);
    this.#programmedListeners.add(listener);
    listener();
    await promise;
    this.#programmedListeners.delete(listener);
    clearTimeout(timer);
    return isProgrammed();
  }

  /** Lets requests in flight end, for at most `timeoutMs`, and then ends the thread. */
  async drain(timeoutMs: number): Promise<void> {
    this.#beginToStop();
    const thread = this.#thread;
    if (thread !== null && this.#programmedVersion !== null) {
      const cut = setTimeout(() => {
        this.#log('warn', 'a worker did not stop in time and is cut off');
        this.#drained.resolve();
      }, timeoutMs + drainGraceMs);
      thread.postMessage({ kind: 'drain', timeoutMs } satisfies ToWorker<TConfig>);
      await this.#drained.promise;
      clearTimeout(cut);
    }
    await this.terminate();
  }

  /** Without effect while there is no thread. */
  send(message: ToWorker<TConfig>): void {
    this.#thread?.postMessage(message);
  }

  /** Ends the thread at once. */
  async terminate(): Promise<void> {
    this.#beginToStop();
    await this.#thread?.terminate();
  }

  #beginToStop(): void {
    this.#stopping = true;
    clearTimeout(this.#replacement);
    this.#preparing?.settle('the gateway stops');
    for (const listener of this.#programmedListeners) listener();
  }

  #spawn(): void {
    const { entry, threadAhead, state, gatewaySocket } = this.#setting;
    const started = this.#index === 0 ? threadAhead?.take() : null;
    const thread = started ?? startThread(entry, this.#index);
    let failure: unknown;
    thread.on('message', (message: FromWorker) => {
      if (message.kind === 'find-key') void this.#answerKey(thread, message);
      else this.#receive(message);
    });
    thread.on('error', (error) => {
      failure = error;
    });
    thread.once('exit', (code) => this.#finish(failure ?? new Error(`the thread ended with code ${code}`)));
    thread.postMessage({
      index: this.#index,
      sharedState: state.buffer,
      gatewaySocket,
      program: this.#program,
    } satisfies WorkerStart<TConfig>);
    this.#thread = thread;
    this.#drained = Promise.withResolvers<void>();
    this.#startedAtMs = this.#setting.clock.now();
    // Its predecessor had been asked, and a commit may follow.
    if (this.#preparing !== null) this.send({ kind: 'prepare', program: this.#preparing.program });
  }

  /** The answer is for the thread that asked, not for its successor. */
  async #answerKey(thread: Worker, question: FindKey): Promise<void> {
    thread.postMessage((await this.#setting.answerKey(question)) satisfies ToWorker<TConfig>);
  }

  #receive(message: Exclude<FromWorker, FindKey>): void {
    switch (message.kind) {
      case 'accepted':
        this.#noteAccepted(message.version);
        return;
      case 'programmed':
        this.#noteProgrammed(message.version);
        return;
      case 'refused':
        if (message.version === this.#preparing?.program.version) this.#preparing.settle(message.reason);
        else if (this.#programmedVersion === null) this.#refuse(message.reason);
        return;
      case 'drained':
        this.#drained.resolve();
        return;
      case 'log':
        this.#log(message.level, message.message, message.fields);
    }
  }

  /** What has been abandoned meanwhile is ready no more. */
  #noteAccepted(version: number): void {
    if (version === this.#preparing?.program.version) this.#preparing.settle(null);
    else if (version !== this.#program.version) return;
    this.#acceptedVersion = version;
  }

  #noteProgrammed(version: number): void {
    if (this.#programmedVersion === null && this.#hasServed) {
      this.#log('info', 'the worker that took the place of a dead one serves');
    }
    this.#programmedVersion = version;
    this.#hasServed = true;
    this.#firstServing.resolve();
    for (const listener of this.#programmedListeners) listener();
  }

  /** A thread that cannot serve what it was started with is of no use. */
  #refuse(reason: string): void {
    if (this.#hasServed) this.#log('error', 'a worker cannot serve the configuration', { reason });
    else this.#firstServing.reject(new StartError(reason));
    void this.#thread?.terminate();
  }

  #finish(failure: unknown): void {
    const { state, clock } = this.#setting;
    this.#thread = null;
    this.#acceptedVersion = null;
    this.#programmedVersion = null;
    new WorkerCounters(state, this.#index).resetGauges();
    // Before its successor starts, and at once: others wait for what it held.
    releaseBucketLocks(state, this.#index);
    releaseBreakerSlots(state, this.#index);
    releaseLoads(state, this.#index);
    releaseClientHolds(state, this.#index);
    this.#drained.resolve();
    const reason = failure instanceof Error ? failure.message : String(failure);
    this.#preparing?.settle(`it ended: ${reason}`);
    // Without effect where the worker has served or has told its reason already.
    this.#firstServing.reject(new StartError(`A worker thread ended before it could serve: ${reason}`));
    if (this.#stopping || !this.#hasServed) return;
    this.#earlyDeaths = clock.now() - this.#startedAtMs < earlyMs ? this.#earlyDeaths + 1 : 1;
    const delayMs = replacementDelayMs(this.#earlyDeaths);
    const stack = failure instanceof Error ? failure.stack : undefined;
    this.#log('error', 'a worker died and is replaced; its open connections are lost', { reason, delayMs, stack });
    this.#replacement = setTimeout(() => this.#spawn(), delayMs);
  }

  #log(...[level, message, fields]: Parameters<Logger['log']>): void {
    this.#setting.logger.log(level, message, { worker: this.#index, ...fields });
  }
}
