import type { ParseArgsOptionsConfig } from 'node:util';
import type { OptionValues } from '../src/cli/command.ts';
import type { Table } from './table.ts';

/** One thing that can be measured, in a file of its own. */
export interface Measurement {
  readonly title: string;
  /** Is made only when it is asked for by its name. */
  readonly onlyByName?: boolean;
  /** Its own options; those of different measurements have different names. */
  readonly options: ParseArgsOptionsConfig;
  /** Reads the options and returns what is to be done; throws `UsageError` for a wrong one. */
  plan(values: OptionValues): () => Promise<Table>;
}

/** Says on the error stream what is being done. */
export function tellProgress(text: string): void {
  process.stderr.write(`${text}\n`);
}
