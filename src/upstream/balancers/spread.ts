/** The part of the whole by which the golden angle goes round: its steps fall as far apart as can be. */
const goldenPart = 0.618_033_988_75;

/**
 * How far to step in a rotation of `count`, so that all places are met once in `count` steps, and places next to each
 * other, which belong to one target with a weight, not one after the other.
 */
export function spreadStep(count: number): number {
  for (let step = Math.max(1, Math.round(count * goldenPart)); step > 1; step--) {
    if (greatestCommonDivisor(step, count) === 1) return step;
  }
  return 1;
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}
