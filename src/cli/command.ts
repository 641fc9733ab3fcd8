import type { ParseArgsOptionsConfig } from 'node:util';
import type { Logger } from '../core/ports.ts';

export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** What a command is run with: its parsed options and the process's surroundings, so that tests can give their own. */
export interface Invocation {
  readonly values: OptionValues;
  readonly positionals: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly output: NodeJS.WriteStream;
  readonly errors: NodeJS.WriteStream;
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** From the first call on, SIGHUP calls this instead of ending the command. */
  readonly onHangup: (listener: () => void) => void;
  /** Called by a second signal, a moment before the process ends. */
  readonly onForcedEnd: (listener: () => void) => void;
  /**
   * From this call on, failures in modules of the user's that nobody handles are told to this log and end nothing. Not
   * given where the process is not the command's own.
   */
  readonly outliveFailures?: (logger: Logger) => void;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Usage, a table of the options and an example. */
  readonly help: string;
  readonly options: ParseArgsOptionsConfig;
  /** Resolves to the exit code; throws `UsageError` for a wrong option or argument. */
  run(invocation: Invocation): Promise<number>;
}

/** The command line is wrong: the message says what and what is accepted. Printed without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The text of an option, or `fallback` where it is not given. Given several times, the last one counts. */
export function readText(values: OptionValues, name: string, fallback: string): string {
  const given = values[name];
  const value = Array.isArray(given) ? given.at(-1) : given;
  if (value === undefined) return fallback;
  if (typeof value !== 'string') throw new UsageError(`--${name} needs a value.`);
  return value;
}

export interface IntegerRange {
  readonly fallback: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** A whole decimal number within the range (both ends included); throws `UsageError` for anything else. */
export function readInteger(values: OptionValues, name: string, range: IntegerRange): number {
  const text = readText(values, name, String(range.fallback));
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= range.minimum && value <= range.maximum) return value;
  throw new UsageError(
    `--${name} must be a whole number from ${range.minimum} to ${range.maximum}, not ${JSON.stringify(text)}.`,
  );
}
