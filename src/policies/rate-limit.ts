import { fieldRole } from '../core/field-names.ts';
import { definePolicy, type Policy, type PolicyExchange, type Verdict } from '../core/policy.ts';
import type { Clock, Limiter } from '../core/ports.ts';
import { createLimit } from '../state/limit.ts';

const largestBurst = 1_000_000_000;

/** Lets so many requests through in a period, counted by client address or by API key, exactly, over all workers. */
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
  create: (options, host) => {
    const { tokens, periodMs } = options.limit;
    const limit = createLimit({ tokens, periodMs, burst: options.burst ?? Math.max(1, Math.ceil(tokens)) });
    const limiter = host.limiters.create(host.scope, limit);
    const windowSeconds = Math.max(1, Math.round((limit.emissionMicros * limit.burst) / 1e6));
    return new RateLimitPolicy({
      by: options.by,
      anonymousOnly: options.anonymous_only,
      burst: limit.burst,
      windowSeconds,
      limiter,
      clock: host.clock,
    });
  },
});

class RateLimitPolicy implements Policy {
  private readonly by: 'ip' | 'key';
  private readonly anonymousOnly: boolean;
  private readonly limiter: Limiter;
  private readonly clock: Clock;
  /** Up to where the numbers of a request begin. */
  private readonly fixedLines: string;

  constructor(init: {
    by: 'ip' | 'key';
    anonymousOnly: boolean;
    burst: number;
    windowSeconds: number;
    limiter: Limiter;
    clock: Clock;
  }) {
    this.by = init.by;
    this.anonymousOnly = init.anonymousOnly;
    this.limiter = init.limiter;
    this.clock = init.clock;
    this.fixedLines =
      `X-RateLimit-Limit: ${init.burst}\r\n` +
      `RateLimit-Policy: "${init.by}";q=${init.burst};w=${init.windowSeconds}\r\n` +
      `RateLimit: "${init.by}";r=`;
  }

  onRequest(exchange: PolicyExchange): Verdict {
    const { consumer } = exchange;
    if (consumer === null ? this.by === 'key' : this.anonymousOnly) return undefined;
    const subject = this.by === 'key' && consumer !== null ? consumer.id : exchange.clientNetwork;
    const { limiter } = this;
    const allowed = limiter.take(subject);
    const { remaining, resetAfterMs, retryAfterMs } = limiter;
    const reset = Math.ceil((this.clock.wallTime() + resetAfterMs) / 1000);
    const resetSeconds = Math.ceil(resetAfterMs / 1000);
    exchange.replaceOnAnswer(
      fieldRole.rateLimit,
      `${this.fixedLines}${remaining};t=${resetSeconds}\r\nX-RateLimit-Remaining: ${remaining}\r\nX-RateLimit-Reset: ${reset}\r\n`,
    );
    if (allowed) return undefined;
    return { code: 'rate_limited', fields: [['Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1000)))]] };
  }
}
