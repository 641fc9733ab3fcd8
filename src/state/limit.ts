/** A rate and a burst, as a token bucket needs them. */
export interface Limit {
  /** Whole microseconds in which one token comes back, at least 1. */
  readonly emissionMicros: number;
  /** The capacity: how many tokens a full bucket has, at least 1. */
  readonly burst: number;
}

export interface Rate {
  readonly tokens: number;
  readonly periodMs: number;
  readonly burst: number;
}

/** No bucket takes longer to fill; twice that is still exact in a double. */
export const longestRefillMicros = 2 ** 52;

/**
 * The limit of `tokens` for each `periodMs`, with a capacity of `burst`. The time for one token is rounded up to a whole
 * microsecond, so the limit never lets through more than was asked for. Throws a RangeError for numbers that cannot be:
 * more than one token a microsecond, or a bucket that would take more than 142 years to fill.
 */
export function createLimit({ tokens, periodMs, burst }: Rate): Limit {
  if (!(tokens > 0 && tokens < Infinity))
    throw new RangeError(`A rate needs a positive number of tokens, not ${tokens}.`);
  if (!(periodMs > 0 && periodMs < Infinity))
    throw new RangeError(`A rate needs a positive period, not ${periodMs} ms.`);
  if (!Number.isSafeInteger(burst) || burst < 1)
    throw new RangeError(`A burst is a whole number from 1, not ${burst}.`);
  const exactMicros = (periodMs * 1000) / tokens;
  if (exactMicros < 1) throw new RangeError(`${tokens} tokens in ${periodMs} ms is more than one a microsecond.`);
  const emissionMicros = Math.ceil(exactMicros);
  if (emissionMicros * burst > longestRefillMicros) {
    throw new RangeError(
      `A burst of ${burst} at ${tokens} tokens in ${periodMs} ms would take over 142 years to fill.`,
    );
  }
  return { emissionMicros, burst };
}
