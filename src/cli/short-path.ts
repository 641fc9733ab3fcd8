import { isAbsolute, relative, resolve } from 'node:path';

/** A path as somebody in the working folder would write it, if that is the process's own folder. */
export function shortenPath(path: string, cwd: string): string {
  if (resolve(cwd) !== process.cwd()) return path;
  const short = relative(cwd, path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}
