import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { within } from './wait.ts';

export const launcher = path.resolve(import.meta.dirname, '../../bin/sluice');

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly child: ChildProcess;
  /** What it wrote on both of its streams. */
  text(): string;
  /** Resolves when what it wrote holds the pattern. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<ProcessEnd>;
}

export interface GatewayProcess extends RunningProcess {
  readonly port: number;
  readonly adminPort: number;
}

export interface ProcessOptions {
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it and this process can send each other messages. */
  readonly hasChannel?: boolean;
  /** A program with its words that runs the one asked for, in its own place: `['prlimit', '--nofile=64']`. */
  readonly within?: readonly string[];
}

/** Runs a program until the test has ended. */
export function startProcess(
  t: TestContext,
  program: string,
  words: readonly string[],
  { environment = {}, hasChannel = false, within: outer = [] }: ProcessOptions = {},
): RunningProcess {
  const [command = program, ...parameters] = [...outer, program, ...words];
  const child = spawn(command, parameters, {
    stdio: hasChannel ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let text = '';
  const change = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      change.dispatchEvent(new Event('change'));
    });
  }
  const ended = once(child, 'close').then(([code, signal]): ProcessEnd => {
    change.dispatchEvent(new Event('change'));
    return { code, signal };
  });
  t.after(() => child.kill('SIGKILL'));
  const shows = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(text);
      if (found !== null) return found;
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode} and without ${pattern}:\n${text}`);
      await once(change, 'change');
    }
  };
  return {
    child,
    text: () => text,
    shows: (pattern) => within(`${pattern} in the output`, shows(pattern)),
    // From when it is asked for: a process may have been meant to run for longer.
    get ended() {
      return within('the end of the process', ended, 45_000);
    },
  };
}

/** Writes a configuration file, which goes when the test has ended. */
export function writeConfig(t: TestContext, text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'sluice.yaml');
  writeFileSync(file, text);
  return file;
}

/** Runs `sluice run FILE` with a document (JSON is YAML), and resolves when it serves. */
export async function startGatewayProcess(
  t: TestContext,
  document: object,
  options: ProcessOptions = {},
): Promise<GatewayProcess> {
  const value = {
    listeners: [{ address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    workers: 1,
    access_log: false,
    ...document,
  };
  const running = startProcess(t, process.execPath, [launcher, 'run', writeConfig(t, JSON.stringify(value))], options);
  const [, port = '', adminPort = ''] = await running.shows(
    /"addresses":"http:\/\/127\.0\.0\.1:(\d+)","admin":"http:\/\/127\.0\.0\.1:(\d+)"/,
  );
  return Object.assign(running, { port: Number(port), adminPort: Number(adminPort) });
}
