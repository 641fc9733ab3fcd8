import { LogFile, type LogFileOptions } from '../telemetry/log-file.ts';
import type { WorkerContext } from './worker-context.ts';

/** The access log of a worker, which may move to another file. */
export class AccessLogs {
  private readonly ctx: WorkerContext;
  private readonly options: Omit<LogFileOptions, 'file'>;
  private file: string | null = null;
  /** Logs that are not written to any more and not yet closed. */
  private readonly closing = new Set<Promise<void>>();

  constructor(ctx: WorkerContext, options: Omit<LogFileOptions, 'file'>) {
    this.ctx = ctx;
    this.options = options;
  }

  /** Lines go to this file from now on, or nowhere where it is null. What the one before still holds is written to it. */
  use(file: string | null): void {
    if (file === this.file) return;
    this.leave();
    this.file = file;
    this.ctx.accessLog = file === null ? null : new LogFile({ ...this.options, file });
  }

  /** Writes to a file newly opened. */
  reopen(): void {
    void this.ctx.accessLog?.reopen();
  }

  /** For the end of the process. */
  flushSync(): void {
    this.ctx.accessLog?.flushSync();
  }

  /** Resolves when everything is written, or given up. */
  async close(): Promise<void> {
    this.leave();
    await Promise.all(this.closing);
  }

  private leave(): void {
    const closed = this.ctx.accessLog?.close();
    this.ctx.accessLog = null;
    this.file = null;
    if (closed === undefined) return;
    this.closing.add(closed);
    void closed.finally(() => this.closing.delete(closed));
  }
}
