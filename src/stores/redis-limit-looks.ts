import type { Limiter, LimiterFactory, LimitVerdict, TokenLimit } from '../core/ports.ts';
import { parseStoreLocation, type RedisLocation } from '../core/store-location.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { createRedisClient, type RedisClient } from './redis-clients.ts';
import { limitKeyPrefix, limitKeySuffix, readVerdict } from './redis-limit-script.ts';

/** In how many microseconds the bucket at KEYS[1] is full again, by Redis's own clock; not above 0 where it is full. */
const lookScript = `
  local time = redis.call('TIME')
  return (tonumber(redis.call('GET', KEYS[1])) or 0) - (time[1] * 1000000 + time[2])`;

const connectMs = 1_000;

export interface LookingLimiterOptions {
  readonly store: string;
  readonly on_store_failure: 'fallback' | 'reject';
}

/** Limiters that only look, which may have a connection. */
export interface ClosableLimiters extends LimiterFactory {
  close(): void;
}

/**
 * Limiters that say what the others say (`createLimiters`), and take nothing: of the buckets in Redis where that is the
 * store, else, and while Redis is lost, of those of this process, `own`, which have to be looking ones too.
 */
export function createLookingLimiters(config: LookingLimiterOptions, own: LimiterFactory): ClosableLimiters {
  const location = parseStoreLocation(config.store);
  if ('problem' in location) throw new Error(`The store of limits cannot be used: ${location.problem}.`);
  if (location.kind === 'redis') return new RedisLimitLooks(location, config.on_store_failure, own);
  return { create: (scope, limit) => own.create(scope, limit), close: () => {} };
}

/** Connects when the first bucket is looked at. */
class RedisLimitLooks implements ClosableLimiters {
  readonly #location: RedisLocation;
  readonly #onFailure: 'fallback' | 'reject';
  readonly #own: LimiterFactory;
  #client: Promise<RedisClient> | null = null;

  constructor(location: RedisLocation, onFailure: 'fallback' | 'reject', own: LimiterFactory) {
    this.#location = location;
    this.#onFailure = onFailure;
    this.#own = own;
  }

  create(scope: string, limit: TokenLimit): Limiter {
    const prefix = limitKeyPrefix(scope);
    const substitute = this.#own.create(scope, limit);
    return {
      take: async (subject, given = limit): Promise<LimitVerdict> => {
        try {
          return await this.#look(prefix + limitKeySuffix(subject), given);
        } catch (error) {
          if (this.#onFailure === 'fallback') return await substitute.take(subject, given);
          throw new StoreUnavailableError('Redis cannot be used for limits.', { cause: error });
        }
      },
    };
  }

  async #look(key: string, limit: TokenLimit): Promise<LimitVerdict> {
    this.#client ??= this.#connect();
    const client = await this.#client;
    const capacity = limit.emissionMicros * limit.burst;
    const ahead = Math.min(capacity, Math.max(0, Number(await client.eval(lookScript, 1, key))));
    const after = ahead + limit.emissionMicros;
    return readVerdict(after <= capacity ? [1, after] : [0, ahead], limit);
  }

  /** Whatever fails, the next look finds out whether it still does: the client connects again by itself. */
  async #connect(): Promise<RedisClient> {
    const client = await createRedisClient(this.#location);
    // What goes wrong is told by the command that fails of it.
    client.on('error', () => {});
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, connectMs);
    client.once('ready', () => resolve());
    await promise;
    clearTimeout(timer);
    return client;
  }

  close(): void {
    void this.#client?.then((client) => client.disconnect());
  }
}
