import type { ToWorker } from '../core/worker-messages.ts';
import { SupervisedWorker, type WorkerSetting } from './supervised-worker.ts';

/** All worker threads: started, drained and counted together. */
export class Workers<TConfig> {
  readonly #workers: readonly SupervisedWorker<TConfig>[];

  constructor(count: number, setting: WorkerSetting<TConfig>) {
    this.#workers = Array.from({ length: count }, (_, index) => new SupervisedWorker(index, setting));
  }

  /** The version that each worker serves, by its index; null for one that serves none (any more, or yet). */
  get programmedVersions(): readonly (number | null)[] {
    return this.#workers.map((worker) => worker.programmedVersion);
  }

  /** Resolves when every worker serves. Rejects with a StartError when one cannot; the others go on until `terminate`. */
  async start(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.start()));
  }

  /** Tells every worker that lives. */
  broadcast(message: ToWorker<TConfig>): void {
    for (const worker of this.#workers) worker.send(message);
  }

  /** Lets requests in flight end, for at most `timeoutMs`, and then ends every thread. */
  async drain(timeoutMs: number): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.drain(timeoutMs)));
  }

  /** Ends every thread at once. */
  async terminate(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
