import { hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { PolicyDefinition } from '../core/policy.ts';
import { parseStoreLocation } from '../core/store-location.ts';
import type { Refusal } from './address.ts';
import { policyList } from './policy-schema.ts';
import { createRoute } from './route-schema.ts';
import { address, byteSize, checkedText, cidr, duration, name, section, wholeNumber } from './units.ts';
import { upstream } from './upstream-schema.ts';

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
    /** Modules with policies of the user's own, by path from the configuration's folder. */
    custom_policies: z
      .array(z.string().min(1), { error: 'expected a list of paths such as [./policies/tenant.ts]' })
      .prefault([]),
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
