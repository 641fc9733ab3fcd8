import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { nearest } from '../lib/edit-distance.ts';
import { UsageError, type OptionValues } from './command.ts';

export interface ParsedFlags {
  readonly values: OptionValues;
  readonly positionals: readonly string[];
}

/**
 * Reads flags in the Go form (`-port 8080`, `-port=8080`) and in the GNU form (`--port 8080`, `--port=8080`), short ones
 * as `-p 8080`. A flag without a value is true, `=false` takes it back. What follows `--` is no flag.
 *
 * @throws UsageError that names the flag that is unknown, or that lacks a value
 */
export function parseFlags(words: readonly string[], options: ParseArgsOptionsConfig): ParsedFlags {
  const gnuWords: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') {
      gnuWords.push(...words.slice(index));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      gnuWords.push(word);
      continue;
    }
    const { name, value } = readFlag(word, options);
    if (options[name]?.type === 'boolean') {
      gnuWords.push(...booleanWords(name, value));
    } else if (value === undefined) {
      index += 1;
      gnuWords.push(`--${name}=${valueAfter(name, words[index])}`);
    } else {
      gnuWords.push(`--${name}=${value}`);
    }
  }
  const { values, positionals } = parseArgs({ args: gnuWords, options, allowPositionals: true, strict: true });
  return { values, positionals };
}

/** The long name of a flag and the value that is joined to it. */
function readFlag(word: string, options: ParseArgsOptionsConfig): { name: string; value: string | undefined } {
  const match = /^(--?)([^=]*)(?:=(.*))?$/s.exec(word);
  const [, dashes = '-', given = '', value] = match ?? [];
  if (Object.hasOwn(options, given) && given.length > 1) return { name: given, value };
  if (dashes === '-') {
    const long = Object.keys(options).find((name) => options[name]?.short === given);
    if (long !== undefined) return { name: long, value };
  }
  const flag = `${dashes}${given}`;
  const known = Object.keys(options);
  const suggestion = nearest(given, known);
  const flags = known.map((name) => `${dashes}${name}`).join(', ');
  const hint = suggestion === undefined ? `The flags here are ${flags}.` : `Did you mean ${dashes}${suggestion}?`;
  throw new UsageError(`unknown flag ${flag}. ${hint}`);
}

function booleanWords(name: string, value: string | undefined): string[] {
  if (value === undefined || value === 'true') return [`--${name}`];
  if (value === 'false') return [];
  throw new UsageError(`--${name} is a switch: it takes no value but true or false.`);
}

function valueAfter(name: string, next: string | undefined): string {
  if (next === undefined) throw new UsageError(`--${name} needs a value.`);
  // A value may begin with a dash, but a forgotten value must not swallow the next flag.
  if (/^--?[a-z]/i.test(next)) {
    throw new UsageError(`--${name} needs a value; write --${name}=${next} if ${next} is the value.`);
  }
  return next;
}
