import type { Limiter, LimiterFactory, LimitVerdict, TokenLimit } from '../core/ports.ts';
import { describeStoreLocation, parseStoreLocation, type RedisLocation } from '../core/store-location.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { RedisCircuit } from './redis-circuit.ts';
import { limitKeyPrefix, limitKeySuffix, probeLimits, takeToken } from './redis-limit-script.ts';

/** Limiters that may have connections of their own. */
export interface WorkerLimiters extends LimiterFactory {
  /** Resolves when it has turned out whether the limits are shared with other gateways; never rejects. */
  ready(): Promise<void>;
  close(): void;
}

/**
 * The limiters of one worker: shared through Redis where that is the store, else those of this process, `own`, which
 * also go on counting while Redis is lost, unless requests are to be rejected then.
 */
export function createLimiters(
  config: { readonly store: string; readonly on_store_failure: 'fallback' | 'reject' },
  own: LimiterFactory,
  onStateChange: (up: boolean, reason: string) => void,
): WorkerLimiters {
  const location = parseStoreLocation(config.store);
  if ('problem' in location) throw new Error(`The store of limits cannot be used: ${location.problem}.`);
  if (location.kind === 'redis') {
    return new RedisLimiters({ location, own, onFailure: config.on_store_failure, onStateChange });
  }
  return {
    create: (scope, limit) => own.create(scope, limit),
    ready: async () => {},
    close: () => {},
  };
}

export interface RedisLimitersOptions {
  readonly location: RedisLocation;
  /** What counts while Redis is lost. */
  readonly own: LimiterFactory;
  readonly onFailure: 'fallback' | 'reject';
  /** Told of every change, and at the start; `reason` holds no secret, and is empty while up. */
  onStateChange(up: boolean, reason: string): void;
}

/** Limits that all gateways share which use the same database of the same Redis. Begins to connect at once. */
export class RedisLimiters implements WorkerLimiters {
  private readonly options: RedisLimitersOptions;
  private readonly circuit: RedisCircuit;
  private readonly started: Promise<void>;

  constructor(options: RedisLimitersOptions) {
    this.options = options;
    this.circuit = new RedisCircuit({ ...options, probe: probeLimits });
    this.started = this.circuit.start();
  }

  /** Whether the limits are shared at the moment. */
  get up(): boolean {
    return this.circuit.up;
  }

  create(scope: string, limit: TokenLimit): Limiter {
    const { location, own, onFailure } = this.options;
    return new RedisLimiter({
      circuit: this.circuit,
      substitute: onFailure === 'fallback' ? own.create(scope, limit) : null,
      place: describeStoreLocation(location),
      scope,
      limit,
    });
  }

  ready(): Promise<void> {
    return this.started;
  }

  close(): void {
    this.circuit.close();
  }
}

class RedisLimiter implements Limiter {
  private readonly circuit: RedisCircuit;
  private readonly substitute: Limiter | null;
  private readonly place: string;
  private readonly keyPrefix: string;
  private readonly limit: TokenLimit;

  constructor(init: {
    circuit: RedisCircuit;
    substitute: Limiter | null;
    place: string;
    scope: string;
    limit: TokenLimit;
  }) {
    this.circuit = init.circuit;
    this.substitute = init.substitute;
    this.place = init.place;
    this.keyPrefix = limitKeyPrefix(init.scope);
    this.limit = init.limit;
  }

  take(subject: string, limit: TokenLimit = this.limit): LimitVerdict | Promise<LimitVerdict> {
    if (this.circuit.up) return this.takeShared(subject, limit);
    if (this.substitute !== null) return this.substitute.take(subject, limit);
    return Promise.reject(this.unavailable());
  }

  private async takeShared(subject: string, limit: TokenLimit): Promise<LimitVerdict> {
    const suffix = limitKeySuffix(subject);
    const verdict = await this.circuit.ask(suffix, (client) => takeToken(client, this.keyPrefix + suffix, limit));
    if (verdict !== null) return verdict;
    if (this.substitute === null) throw this.unavailable();
    const substitute = this.substitute.take(subject, limit);
    // By the time that the caller goes on, others may have taken a token, and overwritten what this object says.
    return substitute instanceof Promise ? substitute : copyVerdict(substitute);
  }

  private unavailable(): StoreUnavailableError {
    return new StoreUnavailableError(`Redis at ${this.place} cannot be used for limits: ${this.circuit.reason}.`);
  }
}

function copyVerdict({ allowed, remaining, resetAfterMs, retryAfterMs }: LimitVerdict): LimitVerdict {
  return { allowed, remaining, resetAfterMs, retryAfterMs };
}
