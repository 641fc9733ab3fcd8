import type { LimiterFactory, LimitVerdict } from '../../src/core/ports.ts';
import { parseStoreLocation, type RedisLocation } from '../../src/core/store-location.ts';
import { createSharedState } from '../../src/state/layout.ts';
import { SharedLimiters } from '../../src/state/shared-limiter.ts';
import { RedisLimiters, type RedisLimitersOptions } from '../../src/stores/redis-limits.ts';

/** For where everything has to come from Redis. */
export const neverLimiters: LimiterFactory = {
  create: () => ({
    take: () => {
      throw new Error('this was not counted in Redis');
    },
  }),
};

/** The limiters that a worker has without Redis. */
export function createOwnLimiters(): LimiterFactory {
  return new SharedLimiters(
    createSharedState({ workers: 1, routes: 1, upstreams: 1, targets: 1, series: 1, buckets: 1024 }),
    0,
  );
}

const opened: RedisLimiters[] = [];

/** For the end of a test file: also those of tests that failed, which would keep the process running. */
export function closeAllLimiters(): void {
  for (const limiters of opened.splice(0)) limiters.close();
}

/** Limiters that are ready, and what their state was told to be. */
export async function openLimiters(
  url: string,
  options: Partial<RedisLimitersOptions> = {},
): Promise<{ limiters: RedisLimiters; states: { up: boolean; reason: string }[] }> {
  const states: { up: boolean; reason: string }[] = [];
  const limiters = new RedisLimiters({
    location: parseStoreLocation(url) as RedisLocation,
    own: neverLimiters,
    onFailure: 'fallback',
    onStateChange: (up, reason) => states.push({ up, reason }),
    ...options,
  });
  opened.push(limiters);
  await limiters.ready();
  return { limiters, states };
}

/** Also a verdict that is an object which is used again. */
export function readVerdict({ allowed, remaining, resetAfterMs, retryAfterMs }: LimitVerdict): LimitVerdict {
  return { allowed, remaining, resetAfterMs, retryAfterMs };
}
