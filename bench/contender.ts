import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case, Entry } from './cases.ts';
import { takePort } from './ports.ts';
import { readProcessorSeconds, readResidentBytes } from './process-usage.ts';
import { startProcess, type Launch } from './processes.ts';
import { waitForAnswer } from './readiness.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { runWrk, type Load, type LoadResult } from './wrk.ts';

export const proxyCore = 0;
export const loadCore = 1;
const warmUpSeconds = 2;
const pollMs = 20;

/** What was measured in one round. */
export interface Round extends LoadResult {
  readonly processorMicros: number;
  readonly residentBytes: number;
}

/** A subject in a case, and what has been measured of it. */
export interface Contender {
  readonly name: string;
  readonly entry: Entry;
  readonly port: number;
  readonly rounds: Round[];
  /** A file with a script for wrk. */
  readonly script: string | null;
  /** Null where the subject cannot be started here. */
  readonly launch: Launch | null;
  /** Why there are no more rounds. */
  trouble: string | null;
}

export async function prepareContender(entry: Entry, targetPort: number, { script }: Case): Promise<Contender> {
  const port = await takePort();
  const common = { name: entry.label ?? entry.subject.name, entry, port, rounds: [] };
  try {
    const launch = await entry.subject.describe({ port, targetPort });
    const text = (entry.script ?? script)?.() ?? null;
    return { ...common, launch, script: text === null ? null : writeScript(port, text), trouble: null };
  } catch (error) {
    return { ...common, launch: null, script: null, trouble: messageOf(error) };
  }
}

function writeScript(port: number, text: string): string {
  const file = join(temporaryFolder(), `wrk-${port}.lua`);
  writeFileSync(file, text);
  return file;
}

/** Starts the contender, warms it up and measures it; what goes wrong is noted in it. */
export async function tryRound(
  contender: Contender,
  load: Omit<Load, 'port' | 'script'>,
  answer: string,
): Promise<void> {
  const { entry, launch, trouble, port, script } = contender;
  if (launch === null || trouble !== null) return;
  try {
    const warmUp = entry.warmUpSeconds ?? warmUpSeconds;
    contender.rounds.push(await measureRound(launch, { ...load, port, script, warmUp }, answer));
  } catch (error) {
    contender.trouble = messageOf(error);
  } finally {
    entry.subject.cleanUp?.();
  }
}

async function measureRound(
  launch: Launch,
  { warmUp, ...load }: Load & { readonly warmUp: number },
  answer: string,
): Promise<Round> {
  const started = startProcess({ ...launch, core: proxyCore });
  try {
    const path = load.script === null ? load.path : '/service-1/users/1';
    const body = await waitForAnswer(started, { port: load.port, path, pauseMs: pollMs });
    if (body !== answer) throw new Error(`it does not pass the target's answer on, but answers ${body.slice(0, 200)}`);
    await runWrk({ ...load, seconds: warmUp });
    const before = readProcessorSeconds(started.id);
    const result = await runWrk(load);
    const used = readProcessorSeconds(started.id) - before;
    if (result.requests === 0) throw new Error('not one request was answered');
    return {
      ...result,
      processorMicros: (used * 1e6) / result.requests,
      residentBytes: readResidentBytes(started.id),
    };
  } finally {
    await started.stop();
  }
}

export function microsOf(round: Round): number {
  return round.processorMicros;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
