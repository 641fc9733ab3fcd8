import { join } from 'node:path';
import { runProcess, type Launch } from '../processes.ts';
import { findProgram } from '../programs.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** What is counted: a program that does it as often as its parameter says, and how often that is in each of two runs. */
const counted = {
  parser: { program: 'parse-often.ts', fewerTimes: 3_000, moreTimes: 13_000 },
  path: { program: 'forward-often.ts', fewerTimes: 4_000, moreTimes: 14_000 },
} as const;

export type CountedName = keyof typeof counted;

/** The engine does the same at each run: no thread of its own compiles or collects, and no hash begins by chance. */
const repeatable = ['--predictable', '--single-threaded', '--hash-seed=1', '--random-seed=1', '--no-warnings'];
/** It compiles for good after so many calls, a fifth of the usual: by then the shorter run has not ended. */
const soonCompiled = '--invocation-count-for-turbofan=600';

/**
 * Instructions that parsing three heads takes, or one request on the whole path, counted by Valgrind: two runs that
 * differ in nothing but how often they do it. It is nearly the same from run to run. Null where there is no Valgrind.
 */
export async function countInstructions(name: CountedName): Promise<number | null> {
  const valgrind = findProgram('valgrind');
  if (valgrind === null) return null;
  const { program, fewerTimes, moreTimes } = counted[name];
  const node = [process.execPath, ...repeatable, soonCompiled, join(import.meta.dirname, program)];
  // To take the types from all files costs more than to run them, so it is done once, and not under Valgrind.
  const environment = { NODE_COMPILE_CACHE: join(temporaryFolder(), 'compiled') };
  const run = async ([command = '', ...parameters]: readonly string[]): Promise<string> => {
    const launch: Launch = { name, command, parameters, environment };
    return await runProcess(launch);
  };
  const count = async (times: number): Promise<number> => {
    const callgrind = [valgrind, '--tool=callgrind', '--smc-check=all-non-file', '--callgrind-out-file=/dev/null'];
    const output = await run([...callgrind, ...node, String(times)]);
    const collected = /^==\d+== Collected : (\d+)$/m.exec(output)?.[1];
    if (collected === undefined) throw new Error(`the output of valgrind is not understood: ${output.slice(-500)}`);
    return Number(collected);
  };
  await run([...node, '1']);
  const [fewer, more] = await Promise.all([count(fewerTimes), count(moreTimes)]);
  return (more - fewer) / (moreTimes - fewerTimes);
}
