import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const root = dirname(dirname(import.meta.dirname));
const sluice = join(root, 'bin', 'sluice');
const waitMs = 20_000;

/** Where something is to be undone: a test, or a suite's `after`. */
export interface Cleanup {
  after(undo: () => void): void;
}

export interface Exit {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly errors: () => string;
  /** Resolves when what it has written, on either stream, holds the pattern. */
  readonly shows: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly ended: Promise<Exit>;
}

export interface StartOptions {
  readonly cwd?: string;
  /** Another program than Sluice. */
  readonly program?: string;
  /** It is ended by SIGTERM when it runs for longer. */
  readonly limitMs?: number;
}

/** Starts a process; it and those that it has started are ended when the test is over. */
export function start(cleanup: Cleanup, words: readonly string[], options: StartOptions = {}): Running {
  const [program, first] = options.program === undefined ? [process.execPath, [sluice]] : [options.program, []];
  const child = spawn(program, [...first, ...words], {
    cwd: options.cwd ?? root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    timeout: options.limitMs,
  });
  cleanup.after(() => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing is left of it.
    }
  });
  const texts = { output: '', errors: '' };
  const changed = new EventTarget();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    texts.output += chunk;
    changed.dispatchEvent(new Event('change'));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    texts.errors += chunk;
    changed.dispatchEvent(new Event('change'));
  });
  const ended = once(child, 'close').then(([code]): Exit => {
    changed.dispatchEvent(new Event('change'));
    return { code: code as number | null, ...texts };
  });
  return {
    child,
    errors: () => texts.errors,
    ended,
    async shows(pattern) {
      const timeout = AbortSignal.timeout(waitMs);
      for (;;) {
        const found = pattern.exec(`${texts.output}\n${texts.errors}`);
        if (found !== null) return found;
        const isOver = child.exitCode !== null || child.signalCode !== null || timeout.aborted;
        assert.ok(!isOver, `it has not shown ${pattern}:\n${texts.output}\n${texts.errors}`);
        await Promise.race([once(changed, 'change', { signal: timeout }).catch(() => {}), ended]);
      }
    },
  };
}

/** Runs Sluice to its end. */
export function run(cleanup: Cleanup, words: readonly string[], options?: StartOptions): Promise<Exit> {
  return start(cleanup, words, { limitMs: waitMs, ...options }).ended;
}

/** A folder that is there until the test is over. */
export function createFolder(cleanup: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  cleanup.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A mock backend on a free port; resolves to its URL. */
export async function startBackend(cleanup: Cleanup, name: string): Promise<string> {
  const backend = start(cleanup, ['-mode', 'backend', '-port', '0', '-name', name]);
  const [, url = ''] = await backend.shows(/listens on (http:\S+)/);
  return url;
}

export interface RunningGateway extends Running {
  readonly url: string;
}

/** `-mode gateway` with these flags on a free port, in a folder of its own where none is given. */
export async function startGateway(
  cleanup: Cleanup,
  words: readonly string[],
  folder = createFolder(cleanup),
): Promise<RunningGateway> {
  const gateway = start(cleanup, ['-mode', 'gateway', '-port', '0', '-workers', '2', ...words], { cwd: folder });
  const [, port = ''] = await gateway.shows(/"addresses":"http:\/\/0\.0\.0\.0:(\d+)"/);
  return Object.assign(gateway, { url: `http://localhost:${port}` });
}

export interface Answer {
  readonly status: number;
  readonly fields: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Question {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request on a connection of its own. */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const headers = { Connection: 'close', ...question.headers };
  const response = await fetch(url, { ...question, headers, signal: AbortSignal.timeout(waitMs) });
  return {
    status: response.status,
    fields: response.headers,
    body: (await response.json()) as Readonly<Record<string, unknown>>,
  };
}
