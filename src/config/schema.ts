import { hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { PolicyDefinition } from '../core/policy.ts';
import { parseStoreLocation } from '../core/store-location.ts';
import { isHostName, type Refusal } from './address.ts';
import { findPatternProblem } from './path-pattern.ts';
import { policyList } from './policy-schema.ts';
import {
  address,
  byteSize,
  checkedText,
  cidr,
  duration,
  fraction,
  name,
  section,
  targetUrl,
  wholeNumber,
} from './units.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const largestWorkers = 256;

const listener = section({ address: address() });

const admin = section({
  address: z.union([z.literal('main'), address()], { error: 'expected main or an address such as 127.0.0.1:9901' }),
  endpoints: z.enum(['all', 'no-admin']).prefault('all'),
  auth: section({
    username: z
      .string({ error: 'expected a name' })
      .regex(/^[^:]+$/, { error: 'expected a name without a colon, which Basic authentication cannot tell apart' })
      .prefault('admin'),
    password: z.string({ error: 'expected a password' }).min(1, { error: 'the password may not be empty' }),
  }).optional(),
});

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

const staticKey = section({
  name: checkedText('expected a name for the key', findKeyTextProblem),
  secret: checkedText('expected the key itself', findKeyTextProblem),
}).transform(({ name: keyName, secret }) => ({ name: keyName, sha256: hash('sha256', secret) }));

const accessLog = section({
  file: z
    .string({ error: 'expected a path, or - for the standard output' })
    .min(1, { error: 'expected a path, or - for the standard output' }),
});

const limits = section({
  request_line: byteSize(64, mebibyte).prefault('8KiB'),
  head: byteSize(256, mebibyte).prefault('16KiB'),
  fields: wholeNumber(1, 10_000).prefault(100),
  head_timeout: duration().prefault('10s'),
  body_idle_timeout: duration().prefault('30s'),
  keep_alive_timeout: duration().prefault('75s'),
  body: byteSize(0).nullable().prefault(null),
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
});

const upstream = section({
  targets: z
    .array(target, { error: 'expected a list of targets such as [http://10.0.0.1:8080]' })
    .min(1, { error: 'an upstream needs at least one target such as http://10.0.0.1:8080' }),
  balance: z.enum(['round-robin', 'random']).prefault('round-robin'),
  health: z
    .union([z.literal(false), healthCheck], { error: 'expected false or a mapping with path, interval and timeout' })
    .prefault({}),
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

function createRoute(policies: ReturnType<typeof policyList>) {
  return section({
    name: name('route'),
    match: section({
      path: checkedText('expected a path such as /api/users/*', findPatternProblem).prefault('/*'),
      host: checkedText('expected a host such as example.com or *.example.com', findHostProblem)
        .transform((host) => host.toLowerCase())
        .optional(),
      methods: z
        .array(checkedText('expected a method such as GET', findMethodProblem), {
          error: 'expected a list of methods such as [GET, POST]',
        })
        .min(1, { error: 'name at least one method, or leave "methods" out to match every method' })
        .optional(),
    }).prefault({}),
    policies,
    upstream: z.string({ error: 'expected the name of an upstream' }),
  });
}

/** The configuration language: what a document may hold, its defaults, and what it is resolved to. */
export function createConfigSchema(definitions: readonly PolicyDefinition[]) {
  const policies = policyList(definitions);
  return section({
    listeners: z
      .array(listener, { error: 'expected a list of listeners such as [{ address: 0.0.0.0:8080 }]' })
      .min(1, { error: 'a gateway needs at least one listener such as { address: 0.0.0.0:8080 }' }),
    admin: admin.nullable().prefault(null),
    workers: wholeNumber(1, largestWorkers).prefault(() => Math.min(availableParallelism(), largestWorkers)),
    trusted_proxies: z.array(cidr(), { error: 'expected a list of IP ranges such as [10.0.0.0/8]' }).prefault([]),
    shutdown_timeout: duration(0).prefault('25s'),
    limits: limits.prefault({}),
    upstreams: z.record(name('upstream'), upstream, { error: 'expected a mapping of names to upstreams' }).prefault({}),
    store: checkedText(
      'expected a store such as memory, sqlite:./data/sluice.db or redis://localhost:6379',
      findStoreProblem,
    ).prefault('memory'),
    on_store_failure: z.enum(['fallback', 'reject']).prefault('fallback'),
    access_log: z
      .union([z.literal(false), accessLog], { error: 'expected false or a mapping with file' })
      .prefault({ file: '-' }),
    keys: z.array(staticKey, { error: 'expected a list of keys such as [{ name: app, secret: ... }]' }).prefault([]),
    policies,
    routes: z.array(createRoute(policies), { error: 'expected a list of routes' }).prefault([]),
  });
}

/** A checked configuration. Durations are milliseconds, sizes are bytes; it holds plain data only. */
export type Config = z.output<ReturnType<typeof createConfigSchema>>;
export type UpstreamConfig = Config['upstreams'][string];
export type RouteConfig = Config['routes'][number];

function findKeyTextProblem(text: string): Refusal | undefined {
  if (/^[!-~]{1,256}$/.test(text)) return undefined;
  return { problem: 'expected 1 to 256 visible ASCII characters without a space' };
}

function findStoreProblem(text: string): Refusal | undefined {
  const location = parseStoreLocation(text);
  return 'problem' in location ? location : undefined;
}

function findHealthPathProblem(path: string): Refusal | undefined {
  if (/^\/[!-~]*$/.test(path) && !path.includes('#')) return undefined;
  return { problem: 'expected a path such as /health, of visible ASCII characters and without a fragment' };
}

function findHostProblem(host: string): Refusal | undefined {
  const withoutWildcard = host.startsWith('*.') ? host.slice(2) : host;
  if (isHostName(withoutWildcard)) return undefined;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host) || /^\[[\da-f:.]+\]$/i.test(host)) return undefined;
  return { problem: 'expected a host such as example.com or *.example.com, without scheme and port' };
}

function findMethodProblem(method: string): Refusal | undefined {
  // RFC 9110 section 9.1: a method is a token, and its case matters.
  if (/^[A-Z0-9!#$%&'*+.^_`|~-]{1,32}$/.test(method)) return undefined;
  const upper = method.toUpperCase();
  if (/^[A-Z]{1,32}$/.test(upper)) return { problem: 'expected a method in capital letters', suggestion: upper };
  return { problem: 'expected a method such as GET' };
}
