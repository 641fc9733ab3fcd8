import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Document } from '../config/document.ts';
import type { Variables } from '../config/interpolate.ts';
import type { Issue } from '../config/issues.ts';
import { maxConfigBytes, parseDocument, tooLargeIssue, type TextFormat } from '../config/parse.ts';
import { moduleEndings, readModuleFile } from './module-file.ts';

/** The names under which a configuration is found in the working folder, in this order. */
export const configFileNames: readonly string[] = [
  'sluice.yaml',
  'sluice.yml',
  'sluice.toml',
  'sluice.json',
  'sluice.config.ts',
  'sluice.config.js',
  'sluice.config.mjs',
];

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
 * Reads a configuration file of at most 1 MiB and fills in `${NAME}` from the variables; a module is run.
 *
 * @param ownUrl what a module gets when it imports `sluice`
 * @returns the document, or issues when the file cannot be read or is not well-formed
 */
export async function readConfigFile(
  path: string,
  variables: Variables,
  ownUrl: string,
): Promise<{ document: Document } | { issues: Issue[] }> {
  const ending = extname(path).toLowerCase();
  const isModule = moduleEndings.includes(ending);
  const format = formats.get(ending);
  if (format === undefined && !isModule) {
    const endings = [...formats.keys(), ...moduleEndings];
    return refuse(path, `expected a file that ends in ${endings.slice(0, -1).join(', ')} or ${endings.at(-1)}`);
  }
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
  if (format !== undefined) return await parseDocument({ text, format, file: path, variables });
  return await readModuleFile(path, variables, ownUrl);
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
