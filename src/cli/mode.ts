import { nearest } from '../lib/edit-distance.ts';
import { UsageError } from './command.ts';

/** What `-mode` may be; each is the command of the same name. */
const modes = ['gateway', 'backend', 'client'] as const;
type Mode = (typeof modes)[number];

export interface KnownFlags {
  /** Long names, without dashes. */
  readonly run: readonly string[];
  readonly gateway: readonly string[];
}

/**
 * The command that `-mode` names, the last one where there are several; null without a `-mode`.
 *
 * @throws UsageError for a mode that does not exist
 */
export function findMode(words: readonly string[]): Mode | null {
  const mode = readFlags(words).findLast(({ name }) => name === 'mode');
  if (mode === undefined) return null;
  // Without a value it is an error that the reader of flags tells.
  return mode.value === undefined ? 'gateway' : readMode(mode.value);
}

/**
 * What a command line without a command word and without `-mode` is for: `gateway` where its first flag that only one
 * of the two has is that command's, `run` otherwise. A misspelled flag counts as the one that it is nearest to.
 */
export function chooseDoor(words: readonly string[], known: KnownFlags): 'run' | 'gateway' {
  const names = [...new Set([...known.run, ...known.gateway, 'mode'])];
  for (const { name } of readFlags(words)) {
    const meant = names.includes(name) ? name : nearest(name, names);
    if (meant === undefined || (known.run.includes(meant) && known.gateway.includes(meant))) continue;
    return known.run.includes(meant) ? 'run' : 'gateway';
  }
  return 'run';
}

interface Flag {
  readonly name: string;
  /** What is joined to it, or the word that follows and is no flag. */
  readonly value: string | undefined;
}

function readFlags(words: readonly string[]): Flag[] {
  const end = words.indexOf('--');
  const considered = end === -1 ? words : words.slice(0, end);
  return considered.flatMap((word, index): Flag[] => {
    const [, name, joined] = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) return [];
    const next = considered[index + 1];
    return [{ name, value: joined ?? (next?.startsWith('-') === true ? undefined : next) }];
  });
}

function readMode(text: string): Mode {
  const mode = modes.find((known) => known === text);
  if (mode !== undefined) return mode;
  const suggestion = nearest(text, modes);
  const hint = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
  throw new UsageError(`-mode must be gateway, backend or client, not ${JSON.stringify(text)}.${hint}`);
}
