import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Document } from '../config/document.ts';
import type { Variables } from '../config/interpolate.ts';
import type { Issue } from '../config/issues.ts';
import { maxConfigBytes, parseDocument, tooLargeIssue, type TextFormat } from '../config/parse.ts';

/** The names under which a configuration is found in the working folder, in this order. */
export const configFileNames: readonly string[] = ['sluice.yaml', 'sluice.yml', 'sluice.toml', 'sluice.json'];

const formats: ReadonlyMap<string, TextFormat> = new Map<string, TextFormat>([
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.toml', 'toml'],
  ['.json', 'json'],
]);

/** The path of the first configuration file in the folder, or undefined. */
export function findConfigFile(folder: string): string | undefined {
  return configFileNames.map((name) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * Reads a configuration file of at most 1 MiB and fills in `${NAME}` from the variables.
 *
 * @returns the document, or issues when the file cannot be read or is not well-formed
 */
export function readConfigFile(path: string, variables: Variables): { document: Document } | { issues: Issue[] } {
  const format = formats.get(extname(path).toLowerCase());
  if (format === undefined) return refuse(path, `expected a file that ends in ${[...formats.keys()].join(', ')}`);
  let bytes: Buffer;
  try {
    const status = statSync(path);
    if (status.isDirectory()) return refuse(path, 'this is a folder: name the configuration file in it');
    if (!status.isFile()) return refuse(path, 'this is not a regular file');
    if (status.size > maxConfigBytes) return { issues: [tooLargeIssue(path)] };
    bytes = readFileSync(path);
  } catch (error) {
    return refuse(path, describeReadError(error));
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(path, 'the file is not valid UTF-8: save it in that encoding');
  }
  return parseDocument({ text, format, file: path, variables });
}

function refuse(path: string, message: string): { issues: Issue[] } {
  return { issues: [{ path: '', message, location: { label: path } }] };
}

function describeReadError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'the file may not be read: its permissions do not allow it';
    default:
      return `the file cannot be read (${code})`;
  }
}
