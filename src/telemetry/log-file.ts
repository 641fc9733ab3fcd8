import { write, writeSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Clock } from '../core/ports.ts';
import { countLines, LineQueue } from './line-queue.ts';
import {
  closeLogDestination,
  explainSystemError,
  isFoundDeleted,
  logName,
  openLogDestination,
  standardOutput,
  systemErrorCode,
  writeLast,
  type LogDestination,
} from './log-destination.ts';
import { LogTrouble, type LogTally, type TroubleListener } from './log-trouble.ts';

const writeBytes = promisify(write);

const gatherMs = 100;
/** The work of other events must not wait for more than this to be written. */
const mostTurnBytes = 65_536;
/** A pipe that is full is tried again after one millisecond, then after twice as many each time, up to these. */
const longestBusyDelayMs = 50;
const troubleRetryMs = 1000;
const closeLimitMs = 2000;
/** What a disk, a quota or the largest size of a file says. */
const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const queueLimitBytes = 4 * 1024 * 1024;

export interface LogFileOptions {
  /** A path, or `-` for the standard output. */
  readonly file: string;
  /** Called at most once a minute. */
  readonly onTrouble: TroubleListener;
  readonly tally?: LogTally;
  readonly clock?: Clock;
  /** How long `close` may take, in milliseconds; default 2000. */
  readonly closeLimitMs?: number;
}

/**
 * A file of lines that several threads and processes may append to. Lines leave every 100 ms, or as soon as 1 MiB is
 * gathered; each write holds whole lines. Where they cannot be written, up to 4 MiB of them are kept, then new ones are
 * dropped and counted, and writing is tried again each second.
 *
 * A line can be torn where a disk fills up in the middle of a write, or where a terminal or, with a line of more
 * than 4096 bytes, a pipe is full: its rest follows when there is room, behind what other writers wrote meanwhile.
 */
export class LogFile {
  readonly #file: string;
  readonly #trouble: LogTrouble;
  readonly #closeLimitMs: number;
  readonly #queue = new LineQueue(queueLimitBytes);
  #destination: LogDestination | null = null;
  /** When to open the file anew although one is open. */
  #openDueAt = Number.POSITIVE_INFINITY;

  #timer: NodeJS.Timeout | undefined;
  /** The timer is that of another attempt, until which nothing is to be written. */
  #isPutOff = false;
  #working: Promise<void> | undefined;
  #bytesUnderWay = 0;
  /** How long to wait for the reader of a pipe, which the last write found full; otherwise 0. */
  #busyDelayMs = 0;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  /** Opens nothing yet; the first lines do. */
  constructor(options: LogFileOptions) {
    this.#file = options.file;
    this.#trouble = new LogTrouble(options);
    this.#closeLimitMs = options.closeLimitMs ?? closeLimitMs;
  }

  /** Creates the file where it is missing. Rejects with a message for the operator where it cannot be written. */
  static async open(options: LogFileOptions): Promise<LogFile> {
    const log = new LogFile(options);
    try {
      await log.#openDestination();
    } catch (error) {
      const reason = explainSystemError(error);
      throw new Error(`the ${logName(options.file)} cannot be opened for writing: ${reason}`, { cause: error });
    }
    return log;
  }

  /** Rejects as `open` does; leaves nothing open. */
  static async check(file: string): Promise<void> {
    const log = await LogFile.open({ file, onTrouble: () => undefined });
    await log.close();
  }

  get dropped(): number {
    return this.#trouble.dropped;
  }

  get errors(): number {
    return this.#trouble.errors;
  }

  /** Takes the line, with its line end, in the first `length` bytes. Never waits, never throws; a closed log drops it. */
  append(memory: Uint8Array, length: number): void {
    if (this.#isClosed || !this.#queue.add(memory, length)) {
      this.#trouble.drop(1);
      return;
    }
    if (this.#timer === undefined) this.#wakeIn(gatherMs);
    if (this.#queue.hasPieces && !this.#isPutOff && this.#working === undefined) void this.#work();
  }

  /**
   * Opens the file anew, as when it was moved away: lines appended from then on are in the file that now has the name.
   * If that fails the one that is open stays in use, and it is tried again. Never rejects.
   */
  async reopen(): Promise<void> {
    if (this.#isClosed || this.#file === standardOutput) return;
    this.#openDueAt = 0;
    await this.#working;
    // Otherwise the work that was under way has done it.
    if (this.#openDueAt === 0) await this.#work();
  }

  /** Writes what there is, for at most two seconds; what cannot be written then is dropped. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  /**
   * Writes at once all that is not being written already, for the end of the process, which finishes a write under way.
   * Blocks for at most a quarter of a second where a pipe is full. Never throws.
   */
  flushSync(): void {
    const rest = this.#queue.takeAfter(this.#bytesUnderWay);
    if (rest.length === 0) return;
    const { writtenBytes, error } = writeLast(this.#file, this.#destination?.descriptor, rest);
    if (error !== null) this.#trouble.fail(explainSystemError(error));
    if (writtenBytes < rest.length) this.#trouble.drop(countLines(rest.subarray(writtenBytes)));
  }

  #wakeIn(delayMs: number): void {
    this.#timer = setTimeout(() => this.#wake(), delayMs).unref();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isPutOff = false;
  }

  #wake(): void {
    this.#stopTimer();
    if (!this.#queue.hasPieces) this.#queue.seal();
    void this.#work();
    if (this.#queue.hasUnsealed) this.#wakeIn(gatherMs);
  }

  /** Writes the pieces that there are, one at a time, until none is left or one cannot be written. Never rejects. */
  async #work(): Promise<void> {
    if (this.#working === undefined && this.#hasWork()) this.#working = this.#writePieces();
    await this.#working;
  }

  #hasWork(): boolean {
    return this.#queue.hasPieces || this.#isOpenDue();
  }

  async #writePieces(): Promise<void> {
    let delayMs = 0;
    while (delayMs === 0 && this.#hasWork()) delayMs = await this.#step();
    this.#working = undefined;
    this.#trouble.reportDue();
    if (delayMs === 0 || this.#isClosed) return;
    this.#stopTimer();
    this.#isPutOff = true;
    this.#wakeIn(delayMs);
  }

  /** Returns after how many milliseconds to go on. */
  async #step(): Promise<number> {
    try {
      const destination = this.#destination;
      if (destination === null || this.#isOpenDue()) {
        await this.#openDestination();
        return 0;
      }
      if (await isFoundDeleted(destination)) {
        await this.#abandon(destination);
        this.#trouble.fail('it was deleted while it was open');
        return 0;
      }
      return await this.#writeTo(destination);
    } catch (error) {
      return this.#handle(error);
    }
  }

  #isOpenDue(): boolean {
    return performance.now() >= this.#openDueAt;
  }

  /** Throws if nothing is open then; otherwise what is open stays. */
  async #openDestination(): Promise<void> {
    const before = this.#destination;
    const retryAt = performance.now() + troubleRetryMs;
    this.#openDueAt = retryAt;
    try {
      this.#destination = await openLogDestination(this.#file);
    } catch (error) {
      if (before === null) throw error;
      this.#trouble.fail(explainSystemError(error));
      return;
    }
    // Otherwise `reopen` was called meanwhile, and what is open may be the old file.
    if (this.#openDueAt === retryAt) this.#openDueAt = Number.POSITIVE_INFINITY;
    if (before === null) return;
    if (before.identity !== this.#destination.identity) this.#queue.restartLine();
    await closeLogDestination(before);
  }

  async #writeTo({ descriptor, mostBytes, neverBlocks }: LogDestination): Promise<number> {
    let turnBytes = 0;
    while (turnBytes < mostTurnBytes) {
      const bytes = this.#queue.next(mostBytes);
      if (bytes === null) return 0;
      this.#bytesUnderWay = bytes.length;
      try {
        const writtenBytes = neverBlocks
          ? writeSync(descriptor, bytes)
          : (await writeBytes(descriptor, bytes)).bytesWritten;
        this.#queue.consume(writtenBytes);
        turnBytes += writtenBytes;
      } finally {
        this.#bytesUnderWay = 0;
      }
      this.#trouble.recover();
      this.#busyDelayMs = 0;
    }
    if (neverBlocks) await nextTurn();
    return 0;
  }

  async #handle(error: unknown): Promise<number> {
    const code = systemErrorCode(error);
    if (code === 'EAGAIN') {
      this.#busyDelayMs = Math.min(longestBusyDelayMs, Math.max(1, 2 * this.#busyDelayMs));
      return this.#busyDelayMs;
    }
    this.#busyDelayMs = 0;
    this.#trouble.fail(explainSystemError(error));
    // A full disk says nothing against the file; and what the standard output is cannot be opened another time.
    const isUsable = fullCodes.has(code) || this.#file === standardOutput;
    if (!isUsable && this.#destination !== null) await this.#abandon(this.#destination);
    return troubleRetryMs;
  }

  async #abandon(destination: LogDestination): Promise<void> {
    // Otherwise the log was closed meanwhile, and closes it.
    if (this.#destination !== destination) return;
    this.#destination = null;
    this.#queue.restartLine();
    await closeLogDestination(destination);
  }

  async #finish(): Promise<void> {
    this.#isClosed = true;
    this.#stopTimer();
    const { promise: isLate, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#closeLimitMs);
    await Promise.race([this.#writeUntil(performance.now() + this.#closeLimitMs), isLate]);
    clearTimeout(timer);
    const lost = this.#queue.countLines();
    this.#queue.clear();
    if (lost > 0) this.#trouble.drop(lost);
    await this.#closeDestination();
  }

  /** A reader that does not keep up is waited for; after any other trouble there is one more attempt. */
  async #writeUntil(deadline: number): Promise<void> {
    await this.#working;
    for (;;) {
      this.#queue.seal();
      await this.#work();
      if (this.#queue.isEmpty || this.#busyDelayMs === 0 || performance.now() >= deadline) return;
      await wait(this.#busyDelayMs);
    }
  }

  async #closeDestination(): Promise<void> {
    const destination = this.#destination;
    this.#destination = null;
    this.#openDueAt = Number.POSITIVE_INFINITY;
    if (destination === null) return;
    // A write that takes too long is not waited for, but its descriptor must not become that of something else.
    if (this.#working === undefined) await closeLogDestination(destination);
    else void this.#working.then(() => closeLogDestination(destination));
  }
}
