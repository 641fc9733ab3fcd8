import type { Config } from '../config/schema.ts';
import { canSharePorts } from '../core/platform.ts';
import type { Logger } from '../core/ports.ts';
import type { Program, ToWorker } from '../core/worker-messages.ts';
import { SupervisedWorker, type WorkerSetting } from './supervised-worker.ts';

/** All worker threads: started, drained and counted together. */
export class Workers<TConfig> {
  readonly #workers: readonly SupervisedWorker<TConfig>[];

  constructor(count: number, setting: WorkerSetting<TConfig>) {
    this.#workers = Array.from({ length: count }, (_, index) => new SupervisedWorker(index, setting));
  }

  /** The version that each worker has made ready last, by its index; null for one that has none (any more, or yet). */
  get acceptedVersions(): readonly (number | null)[] {
    return this.#workers.map((worker) => worker.acceptedVersion);
  }

  /** The version that each worker serves, by its index; null for one that serves none (any more, or yet). */
  get programmedVersions(): readonly (number | null)[] {
    return this.#workers.map((worker) => worker.programmedVersion);
  }

  /** Resolves when every worker serves. Rejects with a StartError when one cannot; the others go on until `terminate`. */
  async start(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.start()));
  }

  /**
   * Has every worker make a version ready beside the one that it serves.
   *
   * @returns why it cannot be served, one reason for each worker that refused it; none when all are ready. `commit` or
   * `abandon` follows in both cases.
   */
  async prepare(program: Program<TConfig>, timeoutMs: number): Promise<string[]> {
    const reasons = await Promise.all(this.#workers.map((worker) => worker.prepare(program, timeoutMs)));
    return reasons.flatMap((reason, index) => (reason === null ? [] : [`worker ${index}: ${reason}`]));
  }

  /** What has been prepared is served from now on. */
  commit(): void {
    for (const worker of this.#workers) worker.commit();
  }

  abandon(): void {
    for (const worker of this.#workers) worker.abandon();
  }

  /** Resolves with whether all workers serve what was committed last, after `timeoutMs` at the latest. */
  async whenProgrammed(timeoutMs: number): Promise<boolean> {
    const programmed = await Promise.all(this.#workers.map((worker) => worker.whenProgrammed(timeoutMs)));
    return programmed.every((is) => is);
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

/** How many workers there can be on this platform. */
export function countWorkers({ workers }: Config, logger: Logger): number {
  if (canSharePorts || workers === 1) return workers;
  logger.log('warn', 'this platform cannot share a port between workers: there is one worker', { wanted: workers });
  return 1;
}
