import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Issue } from '../config/issues.ts';
import { maxConfigBytes } from '../config/parse.ts';
import { variableNames } from './environment-variables.ts';

const fileName = '.env';

/** Variables that are kept in a file, in the form `NAME=value`. */
export interface EnvironmentFile {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  /** The line that sets a variable, counted from 1; null where none was found. */
  lineOf(variable: string): number | null;
}

/**
 * Reads the file `.env` of a folder, in the format of `node --env-file`: at most 1 MiB of UTF-8.
 *
 * @returns null where there is no such file; issues where it cannot be read, or where it names one of our variables in a
 * line that sets nothing
 */
export function readEnvironmentFile(folder: string): { file: EnvironmentFile | null } | { issues: Issue[] } {
  const path = join(folder, fileName);
  let bytes: Buffer;
  try {
    const status = statSync(path);
    if (!status.isFile() && !status.isFIFO()) return refuse('this is not a regular file');
    if (status.size > maxConfigBytes) return refuse('the file is larger than 1 MiB');
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return { file: null };
    const reason = code === 'EACCES' || code === 'EPERM' ? 'its permissions do not allow it' : code;
    return refuse(`the file cannot be read: ${reason}`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('the file is not valid UTF-8: save it in that encoding');
  }
  return parseEnvironmentText(text);
}

/** Like `readEnvironmentFile`, for the text of such a file. */
export function parseEnvironmentText(text: string): { file: EnvironmentFile } | { issues: Issue[] } {
  const variables = parseEnv(text) as Record<string, string>;
  const lines = text.split(/\r?\n/);
  const lineOf = (variable: string) => {
    // The last one counts.
    const index = lines.findLastIndex((line) => nameIn(line) === variable);
    return index === -1 ? null : index + 1;
  };
  // The parser passes over what it does not understand, such as `PORT: 8081`.
  const lost = variableNames.filter((name) => !Object.hasOwn(variables, name) && lineOf(name) !== null);
  if (lost.length === 0) return { file: { name: fileName, variables, lineOf } };
  return {
    issues: lost.map((name) => ({
      path: '',
      message: `this line sets nothing: expected ${name}=value`,
      location: { label: `${fileName}:${lineOf(name)}: ${name}` },
    })),
  };
}

/** The name that a line begins with. */
function nameIn(line: string): string | undefined {
  return /^\s*(?:export\s+)?([A-Za-z_]\w*)/.exec(line)?.[1];
}

function refuse(message: string): { issues: Issue[] } {
  return { issues: [{ path: '', message, location: { label: fileName } }] };
}
