import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface Launch {
  /** What to call it in messages. */
  readonly name: string;
  readonly command: string;
  readonly parameters: readonly string[];
  /** The only processor core that it may run on; undefined: any. */
  readonly core?: number;
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A process that a measurement started, the leader of a process group of its own. */
export interface StartedProcess {
  readonly id: number;
  readonly name: string;
  readonly hasEnded: boolean;
  /** Resolves to the exit code, null after a signal. */
  readonly ended: Promise<number | null>;
  /** What it has written to its output and error streams. */
  readOutput(): string;
  /** Asks it to end, and kills it with all its children when it takes too long. */
  stop(): Promise<void>;
}

const stopGraceMs = 5_000;
const running = new Set<number>();
let launches = 0;

process.on('exit', () => {
  for (const id of running) killGroup(id, 'SIGKILL');
});
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
for (const [signal, number] of Object.entries(signals)) {
  process.on(signal, () => process.exit(128 + number));
}

/** Starts a process that ends with this one, however this one ends. */
export function startProcess(launch: Launch): StartedProcess {
  launches += 1;
  const logFile = join(temporaryFolder(), `${launches}-${launch.name}.log`);
  const log = openSync(logFile, 'a');
  const [command = '', ...parameters] = commandLine(launch);
  const child = spawn(command, parameters, {
    stdio: ['ignore', log, log],
    detached: true,
    env: { ...process.env, TMPDIR: temporaryFolder(), ...launch.environment },
  });
  closeSync(log);
  // A program that cannot be started has no id, which is told below.
  child.on('error', () => {});
  const id = child.pid;
  if (id === undefined) throw new Error(`${launch.command} could not be started.`);
  running.add(id);
  const ended = waitForEnd(child, id);
  return {
    id,
    name: launch.name,
    get hasEnded() {
      return !running.has(id);
    },
    ended,
    readOutput: () => readFileSync(logFile, 'utf8'),
    stop: () => stop(id, ended),
  };
}

/** Runs a process to its end and returns what it wrote. Rejects with its output when it fails. */
export async function runProcess(launch: Launch): Promise<string> {
  const started = startProcess(launch);
  const code = await started.ended;
  if (code === 0) return started.readOutput();
  throw new Error(`${launch.name} failed (${code === null ? 'by a signal' : `exit code ${code}`}): ${tail(started)}`);
}

/** The end of what a process wrote, for a message. */
export function tail(started: StartedProcess): string {
  return started.readOutput().trim().slice(-2_000) || 'it wrote nothing.';
}

function commandLine({ command, parameters, core }: Launch): string[] {
  const pinning = core === undefined ? [] : ['taskset', '--cpu-list', String(core)];
  // An exit handler does not run when this process is killed; the kernel's signal for an orphan then takes its place.
  const mourning = findProgram('setpriv') === null ? [] : ['setpriv', '--pdeathsig', 'KILL', '--'];
  return [...mourning, ...pinning, command, ...parameters];
}

async function waitForEnd(child: ChildProcess, id: number): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  // Children of a process that ended by itself are left in its group.
  killGroup(id, 'SIGKILL');
  running.delete(id);
  return code;
}

async function stop(id: number, ended: Promise<number | null>): Promise<void> {
  if (!running.has(id)) return;
  killGroup(id, 'SIGTERM');
  const timer = setTimeout(() => killGroup(id, 'SIGKILL'), stopGraceMs);
  await ended;
  clearTimeout(timer);
}

function killGroup(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-id, signal);
  } catch {
    // The group has ended already.
  }
}
