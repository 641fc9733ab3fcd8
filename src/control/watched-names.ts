import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';

/** As many symbolic links as Linux follows in one path. */
const mostLinks = 40;

/**
 * Where something has to change for a path to lead to another content: its own name in its folder, and the name of every
 * symbolic link on the way. `/etc/sluice/sluice.yaml` of a Kubernetes ConfigMap is a link to `..data/sluice.yaml`, and
 * `..data` is one to a folder named after its time, so these are three names in two folders.
 *
 * @returns folder → names in it. What does not exist ends the way: its name is the last.
 */
export function listWatchedNames(files: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const folders = new Map<string, Set<string>>();
  const add = (path: string) => {
    const folder = dirname(path);
    const names = folders.get(folder) ?? new Set();
    folders.set(folder, names.add(path.slice(folder === sep ? 1 : folder.length + 1)));
  };
  for (const file of files) walk(resolve(file), add);
  return folders;
}

function walk(path: string, add: (path: string) => void): void {
  const { root } = parse(path);
  let pending = path.slice(root.length).split(sep);
  let at = root;
  for (let links = 0; pending.length > 0;) {
    const [name = '', ...rest] = pending;
    pending = rest;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const target = readLink(next);
    if (target === null || links === mostLinks) {
      if (rest.length === 0) add(next);
      at = next;
      continue;
    }
    links += 1;
    add(next);
    pending = [...(isAbsolute(target) ? target.slice(root.length) : target).split(sep), ...rest];
    if (isAbsolute(target)) at = root;
  }
}

/** Null for what is no link. */
function readLink(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch {
    return null;
  }
}
