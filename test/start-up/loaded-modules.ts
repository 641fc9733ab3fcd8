import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rootFolder } from '../contract/sources.ts';

/** What names the folder that the probe writes to. */
export const listFileVariable = 'START_UP_TEST_FOLDER';

/** What the probe writes of a thread. */
export interface LoadedModules {
  readonly urls: readonly string[];
  /** Modules of Node.js, by its own names for them. */
  readonly builtIn: readonly string[];
  /** Null where the thread keeps no compiled code. */
  readonly compileCache: string | null;
}

/** What a thread has loaded, sorted out. */
export interface LoadedSources {
  /** Of the program, by path from its root. */
  readonly files: readonly string[];
  /** Names of packages, each once. */
  readonly packages: ReadonlySet<string>;
  readonly builtIn: ReadonlySet<string>;
  readonly compileCache: string | null;
}

export function readLoaded(folder: string, thread: 'control' | 'worker'): LoadedSources {
  const loaded = JSON.parse(readFileSync(path.join(folder, `${thread}.json`), 'utf8')) as LoadedModules;
  const files = loaded.urls.flatMap((url) => (url.startsWith('file:') ? [fileURLToPath(url)] : []));
  const ofPackages = files.flatMap((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  return {
    files: files.filter((file) => !file.includes('/node_modules/')).map((file) => path.relative(rootFolder, file)),
    packages: new Set(ofPackages),
    builtIn: new Set(loaded.builtIn),
    compileCache: loaded.compileCache,
  };
}
