import { join } from 'node:path';
import { runProcess } from '../processes.ts';
import { findProgram } from '../programs.ts';

const program = join(import.meta.dirname, 'parse-often.ts');
/** Beyond what the engine needs to compile everything for good. */
const fewerTimes = 20_000;
const moreTimes = 40_000;
/** The engine does the same at each run: no thread of its own compiles or collects, and no hash begins by chance. */
const repeatable = ['--predictable', '--single-threaded', '--hash-seed=1', '--random-seed=1', '--no-warnings'];

/**
 * Instructions that parsing three heads takes, counted by Valgrind: two runs that differ in nothing but how often they
 * do it. It is the same from run to run but for less than one in a thousand. Null where there is no Valgrind.
 */
export async function countParserInstructions(): Promise<number | null> {
  const valgrind = findProgram('valgrind');
  if (valgrind === null) return null;
  const count = async (times: number): Promise<number> => {
    const callgrind = ['--tool=callgrind', '--smc-check=all-non-file', '--callgrind-out-file=/dev/null'];
    const parameters = [...callgrind, process.execPath, ...repeatable, program, String(times)];
    const output = await runProcess({ name: 'valgrind', command: valgrind, parameters });
    const collected = /^==\d+== Collected : (\d+)$/m.exec(output)?.[1];
    if (collected === undefined) throw new Error(`the output of valgrind is not understood: ${output.slice(-500)}`);
    return Number(collected);
  };
  const [fewer, more] = await Promise.all([count(fewerTimes), count(moreTimes)]);
  return (more - fewer) / (moreTimes - fewerTimes);
}
