import { hash } from 'node:crypto';
import { statSync, watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { listWatchedNames } from './watched-names.ts';

export interface ConfigWatchOptions {
  /** The files as they are now; asked for again before each look. */
  readonly files: () => readonly string[];
  /** Called when the content of a file is another one than before. */
  readonly onChange: () => void;
  /** How long nothing may happen in the folders before a change counts as done; default 100 ms. */
  readonly quietMs?: number;
  /** How often to look without having been told of anything; default 5 s. */
  readonly pollMs?: number;
}

const usualQuietMs = 100;
/** An editor that never stops writing does not put the look off for longer than this. */
const mostQuietMs = 1_000;
/** Network file systems, files mounted one by one and folders that were replaced as a whole tell nobody of changes. */
const usualPollMs = 5_000;

interface WatchedFolder {
  readonly watcher: FSWatcher;
  /** Which folder it is: another one may take over its name. */
  readonly identity: string;
}

/**
 * Watches files for a change of their content, through atomic renames, removals and swapped symbolic links: the folders
 * are watched, not the files. What only looks like a change (a touch, a rewrite with the same bytes) is none.
 */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  readonly #quietMs: number;
  readonly #folders = new Map<string, WatchedFolder>();
  #names: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #content = '';
  #quiet: NodeJS.Timeout | undefined;
  #firstEventMs = 0;
  #poll: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
    this.#quietMs = options.quietMs ?? usualQuietMs;
  }

  /** Resolves when changes from now on are seen. */
  async start(): Promise<void> {
    this.#watchFolders();
    this.#content = await this.#readContent();
    this.#poll = setInterval(() => void this.look(), this.#options.pollMs ?? usualPollMs).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#quiet);
    clearInterval(this.#poll);
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** Compares the content with that of the last look. */
  async look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#compare());
    await this.#looking;
  }

  async #compare(): Promise<void> {
    if (this.#stopped) return;
    // First, so that no change falls between the look and the watch.
    this.#watchFolders();
    const content = await this.#readContent();
    if (this.#stopped || content === this.#content) return;
    this.#content = content;
    this.#options.onChange();
  }

  /** A file that cannot be read has a content too, which is that it cannot. */
  async #readContent(): Promise<string> {
    const contents = this.#options.files().map(async (file) => {
      try {
        return hash('sha256', await readFile(file));
      } catch (error) {
        return String((error as NodeJS.ErrnoException).code);
      }
    });
    return (await Promise.all(contents)).join(' ');
  }

  #watchFolders(): void {
    this.#names = listWatchedNames(this.#options.files());
    for (const [folder, { watcher, identity }] of this.#folders) {
      if (this.#names.has(folder) && identify(folder) === identity) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    for (const folder of this.#names.keys()) {
      if (!this.#folders.has(folder)) this.#watchFolder(folder);
    }
  }

  /** A folder that there is not, or that may not be watched, is left to the poll. */
  #watchFolder(folder: string): void {
    const identity = identify(folder);
    if (identity === null) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        // A folder that goes away says so by its own name.
        const concerns = name === null || name === basename(folder) || this.#names.get(folder)?.has(name) === true;
        if (concerns) this.#noteEvent();
      });
      watcher.on('error', () => this.#noteEvent());
      this.#folders.set(folder, { watcher, identity });
    } catch {
      // The poll will see it.
    }
  }

  #noteEvent(): void {
    if (this.#stopped) return;
    const now = performance.now();
    if (this.#quiet === undefined) this.#firstEventMs = now;
    clearTimeout(this.#quiet);
    const leftMs = this.#firstEventMs + mostQuietMs - now;
    this.#quiet = setTimeout(
      () => {
        this.#quiet = undefined;
        void this.look();
      },
      Math.max(0, Math.min(this.#quietMs, leftMs)),
    );
  }
}

/** Null for what is not there. */
function identify(folder: string): string | null {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
