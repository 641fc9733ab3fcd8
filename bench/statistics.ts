/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * The least of the values that `share` of them do not exceed (nearest rank); NaN of nothing.
 *
 * @param sorted in rising order
 * @param share above 0, at most 1
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** An estimate, and the interval that it lies in with a probability of 95 %. */
export interface Estimate {
  readonly middle: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly resamples: number;
  /** From 0, included, to 1, excluded. */
  readonly random: () => number;
}

/**
 * The median of the values with its confidence interval by the percentile bootstrap (Efron, 1979): the median again and
 * again of as many values, drawn from them with replacement. With fewer than six values the interval is hardly more
 * than their range.
 */
export function bootstrapMedian(values: readonly number[], { resamples, random }: BootstrapOptions): Estimate {
  const medians = new Float64Array(resamples);
  for (let at = 0; at < resamples; at += 1) {
    medians[at] = median(values.map(() => values[Math.floor(random() * values.length)] ?? NaN));
  }
  medians.sort();
  return { middle: median(values), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

/** Numbers that look like chance and are the same in every run (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
