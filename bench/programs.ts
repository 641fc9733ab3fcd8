import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program → the Debian package that has it. */
const debianPackages: Readonly<Record<string, string>> = {
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  go: 'golang-go',
  wrk: 'wrk',
  taskset: 'util-linux',
  git: 'git',
  valgrind: 'valgrind',
  perf: 'linux-perf',
  npm: 'npm',
};

/** Not every user has the folders of a system's own programs in PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/go/bin'];

/** The path of a program, or null where this machine does not have it. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...systemFolders];
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

/** The paths of programs, by name. Throws an error that says how to get each one that is missing. */
export function requirePrograms<Name extends string>(...names: readonly Name[]): Record<Name, string> {
  const paths = names.map((name) => [name, findProgram(name)] as const);
  const missing = paths.filter(([, path]) => path === null).map(([name]) => name);
  if (missing.length === 0) return Object.fromEntries(paths) as Record<Name, string>;
  const list = missing.map((name) => `${name} (Debian package ${debianPackages[name] ?? name})`).join(' and ');
  throw new Error(`${list} must be installed`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
