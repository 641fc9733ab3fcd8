import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long the events of a thread wait at most for work that is nobody's hurry, but for its longest step. */
const sliceMs = 1;

/** Takes every step, and lets other events of this thread have their turn after each millisecond. */
export async function runInSlices<Result>(steps: Iterator<unknown, Result>): Promise<Result> {
  let endMs = performance.now() + sliceMs;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < endMs) continue;
    await nextTurn();
    endMs = performance.now() + sliceMs;
  }
}
