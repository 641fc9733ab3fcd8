import type { CountedConsumer, Limiter, LimiterFactory, LimitVerdict, TokenLimit } from '../core/ports.ts';
import { KeyedHash } from '../lib/hash.ts';
import { BucketLooks } from './bucket-looks.ts';
import { Buckets } from './buckets.ts';
import type { SharedState } from './layout.ts';
import { SharedClock } from './shared-clock.ts';

/** Makes the limiters of one worker, over the buckets that all workers share. */
export class SharedLimiters implements LimiterFactory {
  private readonly buckets: Buckets;
  private readonly hash: KeyedHash;
  private readonly clock: { nowMicros(): number };

  /** `workerIndex` is the calling thread's own. */
  constructor(state: SharedState, workerIndex: number, clock: { nowMicros(): number } = new SharedClock(state)) {
    this.buckets = new Buckets(state, workerIndex);
    this.hash = new KeyedHash(state.hashSeedHigh, state.hashSeedLow);
    this.clock = clock;
  }

  create(scope: string, limit: TokenLimit): SharedLimiter {
    return new SharedLimiter({ buckets: this.buckets, hash: this.hash, clock: this.clock, scope, limit });
  }
}

/** Makes limiters over the same buckets that only look: `take` says what it would say, and takes nothing. */
export class LookingLimiters implements LimiterFactory {
  private readonly buckets: BucketLooks;
  private readonly hash: KeyedHash;
  private readonly clock: { nowMicros(): number };

  constructor(state: SharedState, clock: { nowMicros(): number } = new SharedClock(state)) {
    this.buckets = new BucketLooks(state);
    this.hash = new KeyedHash(state.hashSeedHigh, state.hashSeedLow);
    this.clock = clock;
  }

  create(scope: string, limit: TokenLimit): SharedLimiter {
    return new SharedLimiter({ buckets: this.buckets, hash: this.hash, clock: this.clock, scope, limit });
  }
}

/** Buckets by their hash, and what the last take said. */
type TakeableBuckets = LimitVerdict & {
  take(keyHigh: number, keyLow: number, limit: TokenLimit, nowMicros: number): boolean;
};

/** The buckets of one limit, known to all workers. Nothing is allocated or awaited. */
class SharedLimiter implements Limiter {
  private readonly buckets: TakeableBuckets;
  private readonly hash: KeyedHash;
  private readonly clock: { nowMicros(): number };
  private readonly limit: TokenLimit;
  private readonly scopeHigh: number;
  private readonly scopeLow: number;

  constructor(init: {
    buckets: TakeableBuckets;
    hash: KeyedHash;
    clock: { nowMicros(): number };
    scope: string;
    limit: TokenLimit;
  }) {
    this.buckets = init.buckets;
    this.hash = init.hash;
    this.clock = init.clock;
    this.limit = init.limit;
    init.hash.hash(init.scope);
    this.scopeHigh = init.hash.high;
    this.scopeLow = init.hash.low;
  }

  /** The verdict is the buckets themselves, so that a request makes no object: it holds until the next take. */
  take(subject: string, limit: TokenLimit = this.limit): LimitVerdict {
    const { hash } = this;
    hash.hash(subject);
    return this.takeHashed(hash.high, hash.low, limit);
  }

  takeOf(consumer: CountedConsumer, limit: TokenLimit = this.limit): LimitVerdict {
    const { hash } = this;
    if (consumer.hashedBy !== hash) {
      hash.hash(consumer.id);
      consumer.hashHigh = hash.high;
      consumer.hashLow = hash.low;
      consumer.hashedBy = hash;
    }
    return this.takeHashed(consumer.hashHigh, consumer.hashLow, limit);
  }

  private takeHashed(high: number, low: number, limit: TokenLimit): LimitVerdict {
    const { buckets } = this;
    // Two random values of 64 bits: their sum is as good a hash of (scope, subject) as one of the joined text.
    buckets.take(high ^ this.scopeHigh, low ^ this.scopeLow, limit, this.clock.nowMicros());
    return buckets;
  }
}
