import { systemClock, type Clock } from '../core/ports.ts';
import { logName } from './log-destination.ts';

const reportIntervalMs = 60_000;

/** Since the log was opened. */
export interface LogFileCounts {
  /** Lines that were never written. */
  readonly dropped: number;
  /** Attempts to write or to open that failed. */
  readonly errors: number;
}

/** Told that lines cannot be written, by a sentence for the operator. Must not throw. */
export type TroubleListener = (message: string, counts: LogFileCounts) => void;

/** Where losses are counted beside, for all logs together. */
export interface LogTally {
  countLogError(): void;
  countDroppedLogLines(lines: number): void;
}

interface LogTroubleOptions {
  readonly file: string;
  readonly onTrouble: TroubleListener;
  readonly tally?: LogTally;
  readonly clock?: Clock;
}

/** Counts what goes wrong with a log, and tells of it at most once a minute. */
export class LogTrouble {
  dropped = 0;
  errors = 0;
  readonly #file: string;
  readonly #listener: TroubleListener;
  readonly #tally: LogTally | undefined;
  readonly #clock: Clock;
  /** Why lines cannot be written now, or empty. */
  #reason = '';
  #sentence = '';
  #isReportDue = false;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor({ file, onTrouble, tally, clock = systemClock }: LogTroubleOptions) {
    this.#file = file;
    this.#listener = onTrouble;
    this.#tally = tally;
    this.#clock = clock;
  }

  fail(reason: string): void {
    this.errors += 1;
    this.#tally?.countLogError();
    this.#reason = reason;
    this.#report(`could not be written: ${reason}`);
  }

  drop(lines: number): void {
    this.dropped += lines;
    this.#tally?.countDroppedLogLines(lines);
    this.#report(
      `has lost lines: ${this.#reason === '' ? 'they came faster than they could be written' : this.#reason}`,
    );
  }

  recover(): void {
    this.#reason = '';
  }

  /** Tells what had to wait for the minute to be over. */
  reportDue(): void {
    if (this.#isReportDue) this.#report(this.#sentence);
  }

  #report(sentence: string): void {
    const now = this.#clock.now();
    this.#sentence = sentence;
    this.#isReportDue = now - this.#reportedAt < reportIntervalMs;
    if (this.#isReportDue) return;
    this.#reportedAt = now;
    const counts = { dropped: this.dropped, errors: this.errors };
    this.#listener(`The ${logName(this.#file)} ${sentence}.`, counts);
  }
}
