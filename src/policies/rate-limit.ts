import type { z } from 'zod';
import {
  definePolicy,
  type Policy,
  type PolicyExchange,
  type PolicyExplanation,
  type PolicyHost,
  type Rate,
  type Verdict,
} from '../core/policy.ts';
import { KnownConsumer } from '../core/known-consumer.ts';
import type { Clock, Consumer, Limiter, LimitVerdict } from '../core/ports.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { parseSubject, type Subject } from '../core/subject.ts';
import { nearest } from '../lib/edit-distance.ts';
import { formatRate } from '../lib/rate.ts';
import { createLimit, longestRefillMicros } from '../state/limit.ts';
import { createOwnLimit, StatedLimit } from './stated-limit.ts';

const largestBurst = 1_000_000_000;
const mostOwnLimits = 1_000;
const retryAfter: readonly (readonly [string, string])[] = [['Retry-After', '1']];
const subjects = ['ip', 'key', 'route', 'header:NAME'];

/**
 * Lets so many requests through in a period, counted by client address, API key, field or route, exactly, over all
 * workers, and over all gateways that share a Redis. A key's own limit counts in place of this one.
 */
export const rateLimit = definePolicy({
  name: 'rate_limit',
  summary: 'Limits how often requests may come, by client address, API key, header or route.',
  options: ({ section, flag, rate, wholeNumber, text }) =>
    section({
      by: text(`expected one of ${subjects.join(', ')}`, findSubjectProblem)
        .prefault('ip')
        .meta({
          description:
            'What requests are counted by: `ip` is the client, an IPv6 one by its first 64 bits; `key` passes over requests without a key; `route` counts all requests of a route together; `header:NAME` counts by the value of that field, and requests without it by `ip`.',
          pattern: '^(ip|key|route|header:\\S+)$',
          examples: ['ip', 'key', 'route', 'header:X-Tenant'],
        }),
      limit: rate().describe('How many requests in a period, at most one a microsecond.'),
      burst: wholeNumber(1, largestBurst)
        .optional()
        .describe(
          'How many at once, before the rate counts: the capacity of the token bucket. Left out, it is the number in `limit`.',
        ),
      anonymous_only: flag().prefault(false).describe('Pass over requests of a known consumer.'),
      shadow: flag()
        .prefault(false)
        .describe('Only try it out: count and log what it would refuse, refuse nothing, and say nothing on answers.'),
      name: text('expected a name of at most 64 visible ASCII characters', findNameProblem)
        .optional()
        .describe('What the fields `RateLimit` and `RateLimit-Policy` call it. Left out, it is what stands in `by`.'),
    }).superRefine(checkLimit),
  requires: (options) => (options.by === 'key' || options.anonymous_only ? ['consumer'] : []),
  refusals: ['rate_limited', 'limit_store_unavailable'],
  notes: [
    'A limit is a token bucket, exact over all workers, and over all gateways that have the same Redis for a store; [rate-limits.md](../rate-limits.md) has more. The memory for it never grows with the number of clients: addresses, keys and values of headers are only kept as hashes.',
    'There may be several on a route. A request has to be let by all of them, and one that a later limit refuses has taken its token from those before. `X-RateLimit-*` on the answer tell of the limit that has the least left; `RateLimit` and `RateLimit-Policy` list all of them, so give limits that count by the same thing a `name` each.',
    'With `by: key`, a limit that a key has of its own counts in place of `limit`: its burst is a tenth of it, and at least `burst`. `by: key` and `anonymous_only` need `api_key` or `basic_auth` before.',
    'What stands in a header is the word of the client. With `by: header:NAME`, take a field that something in front of the gateway sets, or add a limit by `ip`: otherwise a client that sends another value each time is never limited.',
    'With `shadow`, what would be refused is counted in `gateway_shadow_refusals_total`, and the line in the access log has `"shadow":"rate_limited"`. Tokens are taken as they would be.',
  ],
  create: (options, host) => new RateLimitPolicy(options, host),
});

interface RateLimitOptions {
  readonly by: string;
  readonly limit: Rate;
  readonly burst?: number | undefined;
  readonly anonymous_only: boolean;
  readonly shadow: boolean;
  readonly name?: string | undefined;
}

function limitOf({ limit, burst }: Pick<RateLimitOptions, 'limit' | 'burst'>) {
  const { tokens, periodMs } = limit;
  return createLimit({ tokens, periodMs, burst: burst ?? Math.max(1, Math.ceil(tokens)) });
}

/** What no bucket can count. */
function checkLimit(options: RateLimitOptions, context: z.core.$RefinementCtx): void {
  const { tokens, periodMs } = options.limit;
  const emissionMicros = Math.ceil((periodMs * 1000) / tokens);
  if (tokens > periodMs * 1000) {
    const message = 'more than one request a microsecond cannot be counted: make the rate smaller';
    context.addIssue({ code: 'custom', message, path: ['limit'] });
  } else if ((options.burst ?? tokens) * emissionMicros > longestRefillMicros) {
    const message = 'a bucket of this size takes over 142 years to fill: make it smaller, or the rate larger';
    context.addIssue({ code: 'custom', message, path: [options.burst === undefined ? 'limit' : 'burst'] });
  }
}

function findSubjectProblem(text: string): { problem: string; suggestion?: string } | undefined {
  const by = parseSubject(text)?.by;
  if (by === 'ip' || by === 'key' || by === 'route' || by === 'header') return undefined;
  const suggestion = nearest(text, ['ip', 'key', 'route']);
  return { problem: `expected one of ${subjects.join(', ')}`, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** A name stands in quotes (RFC 9651, 3.3.3). */
function findNameProblem(text: string): { problem: string } | undefined {
  if (/^[!#-[\]-~]{1,64}$/.test(text)) return undefined;
  return { problem: 'expected a name of at most 64 visible ASCII characters without " and \\' };
}

class RateLimitPolicy implements Policy {
  private readonly subject: Subject;
  private readonly anonymousOnly: boolean;
  private readonly shadow: boolean;
  private readonly rate: Rate;
  private readonly name: string;
  private readonly limiter: Limiter;
  private readonly clock: Clock;
  private readonly usual: StatedLimit;
  /** Of keys that have their own, by requests a minute. */
  private readonly own = new Map<number, StatedLimit>();

  constructor(options: RateLimitOptions, { clock, limiters, scope }: PolicyHost) {
    const limit = limitOf(options);
    this.subject = parseSubject(options.by) ?? { by: 'ip' };
    this.anonymousOnly = options.anonymous_only;
    this.shadow = options.shadow;
    this.rate = options.limit;
    this.name = options.name ?? options.by;
    this.clock = clock;
    this.usual = new StatedLimit(limit, this.name);
    this.limiter = limiters.create(scope, limit);
  }

  onRequest(exchange: PolicyExchange): Verdict | Promise<Verdict> {
    if (this.passesOver(exchange)) return undefined;
    const stated = this.limitFor(exchange);
    const verdict = this.take(exchange, stated);
    // Within the gateway itself, a verdict costs no await.
    if (verdict instanceof Promise) return this.awaitVerdict(verdict, exchange, stated);
    return this.judge(verdict, exchange, stated);
  }

  private take(exchange: PolicyExchange, { limit }: StatedLimit): LimitVerdict | Promise<LimitVerdict> {
    const { limiter } = this;
    const { consumer } = exchange;
    if (this.subject.by === 'key' && consumer instanceof KnownConsumer && limiter.takeOf !== undefined) {
      return limiter.takeOf(consumer, limit);
    }
    return limiter.take(this.subjectOf(exchange), limit);
  }

  private passesOver({ consumer }: PolicyExchange): boolean {
    return consumer === null ? this.subject.by === 'key' : this.anonymousOnly;
  }

  /** Whom a request is counted for. No text of a client's is one of the gateway's own: it has the name before it. */
  private subjectOf(exchange: PolicyExchange): string {
    const { subject } = this;
    switch (subject.by) {
      case 'key':
        return exchange.consumer?.id ?? exchange.clientNetwork;
      case 'route':
        return exchange.routeName;
      case 'header': {
        const value = exchange.head.get(subject.name);
        // Who leaves the field out shall not get past the limit, and everybody who does shall not share one bucket.
        return value === undefined || value === '' ? exchange.clientNetwork : `${subject.name}=${value}`;
      }
      default:
        return exchange.clientNetwork;
    }
  }

  private judge(verdict: LimitVerdict, exchange: PolicyExchange, stated: StatedLimit): Verdict {
    if (this.shadow) return this.noteShadow(verdict, exchange);
    stated.tell(exchange, verdict, this.clock.wallTime());
    if (verdict.allowed) return undefined;
    const seconds = Math.max(1, Math.ceil(verdict.retryAfterMs / 1000));
    return { code: 'rate_limited', fields: [['Retry-After', String(seconds)]] };
  }

  private noteShadow(verdict: LimitVerdict, exchange: PolicyExchange): undefined {
    if (!verdict.allowed) exchange.noteShadowRefusal('rate_limited');
  }

  private async awaitVerdict(
    asked: Promise<LimitVerdict>,
    exchange: PolicyExchange,
    stated: StatedLimit,
  ): Promise<Verdict> {
    try {
      return this.judge(await asked, exchange, stated);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      if (!this.shadow) return { code: 'limit_store_unavailable', fields: retryAfter };
      exchange.noteShadowRefusal('limit_store_unavailable');
      return undefined;
    }
  }

  /** The limit of this request: the consumer's own, where requests are counted by key. */
  private limitFor({ consumer }: PolicyExchange): StatedLimit {
    return this.subject.by === 'key' && consumer !== null ? this.ownOf(consumer) : this.usual;
  }

  private ownOf({ rateLimit: perMinute }: Consumer): StatedLimit {
    if (perMinute === null || !(perMinute > 0)) return this.usual;
    const known = this.own.get(perMinute);
    if (known !== undefined) return known;
    // Making them all anew costs little, and keys hardly have so many different limits.
    if (this.own.size >= mostOwnLimits) this.own.clear();
    const stated = new StatedLimit(createOwnLimit(perMinute, this.usual.limit.burst), this.name);
    this.own.set(perMinute, stated);
    return stated;
  }

  explain(exchange: PolicyExchange): PolicyExplanation {
    if (this.passesOver(exchange)) {
      const reason = this.anonymousOnly ? 'it has a key: counted elsewhere' : 'it has no key: not counted';
      return { skipped: true, reason };
    }
    const stated = this.limitFor(exchange);
    const isOwn = stated !== this.usual;
    const rate = isOwn ? `${exchange.consumer?.rateLimit ?? 0}/min, its own` : formatRate(this.rate);
    const who = this.describeSubject(exchange);
    const found = this.limiter.take(this.subjectOf(exchange), stated.limit);
    const tried = this.shadow ? '; only tried out' : '';
    if (found instanceof Promise) return { skipped: false, reason: `counts ${who} (${rate})${tried}` };
    const left = `${found.remaining} of ${stated.limit.burst} left for ${who} (${rate})`;
    const wait = found.allowed ? '' : `: the next one in ${Math.max(1, Math.ceil(found.retryAfterMs / 1000))} s`;
    return { skipped: false, reason: `${left}${wait}${tried}` };
  }

  private describeSubject(exchange: PolicyExchange): string {
    const { subject } = this;
    if (subject.by === 'key' && exchange.consumer !== null) return `key ${exchange.consumer.name}`;
    if (subject.by === 'route') return `route ${exchange.routeName}`;
    const counted = this.subjectOf(exchange);
    return subject.by === 'header' && counted === exchange.clientNetwork
      ? `${counted}, since there is no ${subject.name}`
      : counted;
  }
}
