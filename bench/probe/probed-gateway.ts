import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startProcess, type Launch, type StartedProcess } from '../processes.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** What a thread says of its memory, in bytes. */
export interface ThreadMemory {
  readonly isMain: boolean;
  readonly heapTotal: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  /** What V8 itself has from `malloc`, for compiling and the like. */
  readonly mallocedBytes: number;
  readonly spaces: readonly { readonly name: string; readonly usedBytes: number; readonly committedBytes: number }[];
}

export type ProbeCommand = 'memory' | 'snapshot' | 'profile-begin' | 'profile-end';

const answerLimitMs = 60_000;
const pollMs = 20;

/** A gateway whose threads can be asked about themselves. */
export class ProbedGateway {
  readonly started: StartedProcess;
  private readonly folder: string;

  private constructor(started: StartedProcess, folder: string) {
    this.started = started;
    this.folder = folder;
  }

  static start(launch: Launch): ProbedGateway {
    const folder = mkdtempSync(join(temporaryFolder(), 'probe-'));
    const probe = pathToFileURL(join(import.meta.dirname, 'probe.ts')).href;
    const environment = { ...launch.environment, SLUICE_BENCH_PROBE: folder };
    const parameters = ['--import', probe, ...launch.parameters];
    return new ProbedGateway(startProcess({ ...launch, parameters, environment }), folder);
  }

  /** The answers of so many threads, in no order. Rejects when they do not come. */
  async ask(command: ProbeCommand, threads: number): Promise<string[]> {
    for (const file of this.list(command)) rmSync(file);
    writeFileSync(join(this.folder, 'command'), command);
    process.kill(this.started.id, 'SIGUSR2');
    const untilMs = performance.now() + answerLimitMs;
    while (this.list(command).length < threads) {
      if (performance.now() > untilMs || this.started.hasEnded) {
        throw new Error(`${this.started.name} did not answer to ${command}: ${this.started.readOutput().slice(-500)}`);
      }
      await delay(pollMs);
    }
    return this.list(command).map((file) => readFileSync(file, 'utf8'));
  }

  private list(command: ProbeCommand): string[] {
    if (!existsSync(this.folder)) return [];
    const isAnswer = (name: string): boolean => name.startsWith(`${command}-`) && name.endsWith('.json');
    return readdirSync(this.folder)
      .filter(isAnswer)
      .map((name) => join(this.folder, name));
  }
}
