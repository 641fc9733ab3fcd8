import { z } from 'zod';
import { parseSubject } from '../core/subject.ts';
import type { Refusal } from './address.ts';
import { byteSize, checkedText, duration, fraction, section, targetUrl, wholeNumber } from './units.ts';

const mebibyte = 1024 * 1024;

/** How the targets of an upstream take turns, but for `hash`, which has options. */
export const balanceNames = ['round-robin', 'weighted', 'random', 'least-requests', 'p2c'] as const;

const breaker = section({
  max_failures: wholeNumber(1, 4095).prefault(5),
  reset_timeout: duration().prefault('30s'),
  half_open_requests: wholeNumber(1, 256).prefault(3),
  success_threshold: wholeNumber(1, 4095).prefault(2),
});

const retry = section({
  attempts: wholeNumber(0, 100).prefault(3),
  initial_delay: duration(0).prefault('100ms'),
  max_delay: duration(0).prefault('5s'),
  multiplier: fraction(1, 100).prefault(2),
  jitter: fraction(0, 1).prefault(0.1),
  /** The part of the live requests that may be retries, at least three a second. */
  budget: fraction(0, 1).prefault(0.2),
  /** Bodies up to this size are kept to be sent again. */
  body_limit: byteSize(0, mebibyte).prefault('64KiB'),
  /** No retry begins later than this after the request did. */
  deadline: duration().prefault('60s'),
  /** Repeats methods too that are not safe to repeat, such as POST. */
  unsafe_methods: z.boolean().prefault(false),
});

const target = z.union(
  [
    targetUrl().transform((written) => ({ ...written, weight: 1 })),
    section({ url: targetUrl(), weight: wholeNumber(1, 1000).prefault(1) }).transform(({ url, weight }) => ({
      ...url,
      weight,
    })),
  ],
  { error: 'expected a target such as http://10.0.0.1:8080 or { url: http://10.0.0.1:8080, weight: 2 }' },
);

const healthCheck = section({
  path: checkedText('expected a path such as /health', findHealthPathProblem).prefault('/health'),
  interval: duration(10).prefault('10s'),
  timeout: duration().prefault('2s'),
  /** Checks in a row that have to fail before a target counts as unhealthy. */
  unhealthy_after: wholeNumber(1, 100).prefault(1),
  /** Checks in a row that have to succeed before an unhealthy target counts as healthy. */
  healthy_after: wholeNumber(1, 100).prefault(1),
});

/** Targets that fail live requests are left out for a while, whatever their health checks say. */
const outliers = section({
  /** Answers of 500 and more, time-outs and broken connections in a row. */
  consecutive_failures: wholeNumber(1, 4095).prefault(5),
  /** How long a target is left out; each further time in a row as much longer, up to `max_ejection_time`. */
  ejection_time: duration().prefault('30s'),
  max_ejection_time: duration().prefault('5m'),
  /** The part of the upstream's targets that may be left out at once; one always may. */
  max_ejected: fraction(0, 1).prefault(0.5),
});

const hash = section({
  hash: checkedText('expected what to hash: ip, path, header:NAME or cookie:NAME', findHashProblem),
  /** No target has more than this many times its share of the requests in flight. */
  load_factor: fraction(1, 10).prefault(1.25),
});

export const upstream = section({
  targets: z
    .array(target, { error: 'expected a list of targets such as [http://10.0.0.1:8080]' })
    .min(1, { error: 'an upstream needs at least one target such as http://10.0.0.1:8080' }),
  balance: z
    .union([z.enum(balanceNames), hash], {
      error: `expected one of ${balanceNames.join(', ')}, or { hash: ip }`,
    })
    .prefault('round-robin'),
  health: z
    .union([z.literal(false), healthCheck], { error: 'expected false or a mapping with path, interval and timeout' })
    .prefault({}),
  outliers: z
    .union([z.literal(false), outliers], { error: 'expected false or a mapping with consecutive_failures and others' })
    .prefault(false),
  /** How long the share of a target grows after it became healthy again. */
  slow_start: duration(0).prefault('0s'),
  breaker: z
    .union([z.literal(false), breaker], { error: 'expected false or a mapping with max_failures and others' })
    .prefault({}),
  retry: z
    .union([z.literal(false), retry], { error: 'expected false or a mapping with attempts and others' })
    .prefault({}),
  timeouts: section({
    connect: duration().prefault('2s'),
    response: duration().prefault('30s'),
    idle: duration().prefault('60s'),
  }).prefault({}),
  pool: section({
    max_connections: wholeNumber(1, 65_536).prefault(1024),
    max_idle: wholeNumber(0, 65_536).prefault(256),
    idle_timeout: duration().prefault('60s'),
    max_waiting: wholeNumber(0, 1_000_000).prefault(1024),
    wait_timeout: duration().prefault('2s'),
  }).prefault({}),
});

function findHealthPathProblem(path: string): Refusal | undefined {
  if (/^\/[!-~]*$/.test(path) && !path.includes('#')) return undefined;
  return { problem: 'expected a path such as /health, of visible ASCII characters and without a fragment' };
}

function findHashProblem(text: string): Refusal | undefined {
  const subject = parseSubject(text);
  if (subject !== undefined && subject.by !== 'key' && subject.by !== 'route') return undefined;
  return { problem: 'expected what to hash: ip, path, header:NAME or cookie:NAME' };
}
