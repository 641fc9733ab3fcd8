import { fieldRole } from '../core/field-names.ts';
import {
  definePolicy,
  type Policy,
  type PolicyExchange,
  type PolicyHost,
  type Rate,
  type Verdict,
} from '../core/policy.ts';
import type { Clock, Consumer, Limiter, LimitVerdict, TokenLimit } from '../core/ports.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { createLimit, longestRefillMicros } from '../state/limit.ts';

const largestBurst = 1_000_000_000;
/** One a microsecond. */
const fastestPerMinute = 60_000_000;
const mostOwnLimits = 1_000;
const retryAfter: readonly (readonly [string, string])[] = [['Retry-After', '1']];

/**
 * Lets so many requests through in a period, counted by client address or by API key, exactly, over all workers, and
 * over all gateways that share a Redis. A key's own limit counts in place of this one.
 */
export const rateLimit = definePolicy({
  name: 'rate_limit',
  summary: 'Limits requests by client address or API key with a token bucket that all workers share.',
  options: ({ z, section, rate, wholeNumber }) =>
    section({
      by: z.enum(['ip', 'key']).prefault('ip'),
      limit: rate(),
      burst: wholeNumber(1, largestBurst).optional(),
      anonymous_only: z.boolean().prefault(false),
    }),
  requires: (options) => (options.by === 'key' || options.anonymous_only ? ['consumer'] : []),
  create: (options, host) => new RateLimitPolicy(options, host),
});

interface RateLimitOptions {
  readonly by: 'ip' | 'key';
  readonly limit: Rate;
  readonly burst?: number | undefined;
  readonly anonymous_only: boolean;
}

/** A limit, and what the answer says of it. */
interface StatedLimit {
  readonly limit: TokenLimit;
  /** Up to where the numbers of a request begin. */
  readonly fixedLines: string;
}

class RateLimitPolicy implements Policy {
  private readonly by: 'ip' | 'key';
  private readonly anonymousOnly: boolean;
  private readonly limiter: Limiter;
  private readonly clock: Clock;
  private readonly usual: StatedLimit;
  private toldResetSeconds = -1;
  private toldReset = -1;
  private toldLines = '';
  /** Of keys that have their own, by requests a minute. */
  private readonly own = new Map<number, StatedLimit>();

  constructor(options: RateLimitOptions, { clock, limiters, scope }: PolicyHost) {
    const { tokens, periodMs } = options.limit;
    const limit = createLimit({ tokens, periodMs, burst: options.burst ?? Math.max(1, Math.ceil(tokens)) });
    this.by = options.by;
    this.anonymousOnly = options.anonymous_only;
    this.clock = clock;
    this.usual = stateLimit(limit, options.by);
    this.limiter = limiters.create(scope, limit);
  }

  onRequest(exchange: PolicyExchange): Verdict | Promise<Verdict> {
    const { consumer } = exchange;
    if (consumer === null ? this.by === 'key' : this.anonymousOnly) return undefined;
    const isByKey = this.by === 'key' && consumer !== null;
    const stated = isByKey ? this.limitOf(consumer) : this.usual;
    const verdict = this.limiter.take(isByKey ? consumer.id : exchange.clientNetwork, stated.limit);
    // Within the gateway itself, a verdict costs no await.
    if (verdict instanceof Promise) return this.awaitVerdict(verdict, exchange, stated);
    return this.judge(verdict, exchange, stated);
  }

  private judge(verdict: LimitVerdict, exchange: PolicyExchange, { fixedLines }: StatedLimit): Verdict {
    const { remaining, resetAfterMs, retryAfterMs } = verdict;
    const reset = Math.ceil((this.clock.wallTime() + resetAfterMs) / 1000);
    const resetSeconds = Math.ceil(resetAfterMs / 1000);
    exchange.replaceOnAnswer(
      fieldRole.rateLimit,
      `${fixedLines}${remaining}${this.timeLines(resetSeconds, reset)}${remaining}\r\n`,
    );
    if (verdict.allowed) return undefined;
    return { code: 'rate_limited', fields: [['Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1000)))]] };
  }

  /** What stands between the two places of the remaining tokens; the same for many requests of a second. */
  private timeLines(resetSeconds: number, reset: number): string {
    if (resetSeconds !== this.toldResetSeconds || reset !== this.toldReset) {
      this.toldResetSeconds = resetSeconds;
      this.toldReset = reset;
      this.toldLines = `;t=${resetSeconds}\r\nX-RateLimit-Reset: ${reset}\r\nX-RateLimit-Remaining: `;
    }
    return this.toldLines;
  }

  private async awaitVerdict(
    asked: Promise<LimitVerdict>,
    exchange: PolicyExchange,
    stated: StatedLimit,
  ): Promise<Verdict> {
    try {
      return this.judge(await asked, exchange, stated);
    } catch (error) {
      if (error instanceof StoreUnavailableError) return { code: 'limit_store_unavailable', fields: retryAfter };
      throw error;
    }
  }

  private limitOf({ rateLimit: perMinute }: Consumer): StatedLimit {
    if (perMinute === null || !(perMinute > 0)) return this.usual;
    const known = this.own.get(perMinute);
    if (known !== undefined) return known;
    // Making them all anew costs little, and keys hardly have so many different limits.
    if (this.own.size >= mostOwnLimits) this.own.clear();
    const stated = stateLimit(createOwnLimit(perMinute, this.usual.limit.burst), this.by);
    this.own.set(perMinute, stated);
    return stated;
  }
}

/** A limit by requests a minute, with a tenth of them as its burst, but at least `leastBurst`. */
function createOwnLimit(perMinute: number, leastBurst: number): TokenLimit {
  const tokens = Math.min(perMinute, fastestPerMinute);
  const { emissionMicros } = createLimit({ tokens, periodMs: 60_000, burst: 1 });
  const wantedBurst = Math.max(leastBurst, Math.floor(perMinute / 10));
  return { emissionMicros, burst: Math.min(wantedBurst, Math.floor(longestRefillMicros / emissionMicros)) };
}

function stateLimit(limit: TokenLimit, by: string): StatedLimit {
  const { burst, emissionMicros } = limit;
  const windowSeconds = Math.max(1, Math.round((emissionMicros * burst) / 1e6));
  const fixedLines =
    `X-RateLimit-Limit: ${burst}\r\n` +
    `RateLimit-Policy: "${by}";q=${burst};w=${windowSeconds}\r\n` +
    `RateLimit: "${by}";r=`;
  return { limit, fixedLines };
}
