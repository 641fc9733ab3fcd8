import { hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { PolicyDefinition } from '../core/policy.ts';
import { parseStoreLocation } from '../core/store-location.ts';
import { isHostName, type Refusal } from './address.ts';
import { lintNumbers } from './lints/lint-numbers.ts';
import { policyList } from './policy-schema.ts';
import { createRoute } from './route-schema.ts';
import { address, byteSize, checkedText, cidr, duration, name, section, wholeNumber } from './units.ts';
import { upstream } from './upstream-schema.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const largestWorkers = 256;

const listener = section({ address: address().describe('Where clients connect; without a host on every address.') });

const adminAuth = section({
  username: z
    .string({ error: 'expected a name' })
    .regex(/^[^:]+$/, { error: 'expected a name without a colon, which Basic authentication cannot tell apart' })
    .prefault('admin')
    .describe('The user name, without a colon.'),
  password: z
    .string({ error: 'expected a password' })
    .min(1, { error: 'the password may not be empty' })
    .describe('The password; take it from a variable such as ${ADMIN_PASSWORD}.'),
});

const admin = section({
  address: z
    .union([z.literal('main'), address()], { error: 'expected main or an address such as 127.0.0.1:9901' })
    .describe('An address of its own, or main for the listeners, before the routes.'),
  endpoints: z
    .enum(['all', 'no-admin'])
    .prefault('all')
    .describe('no-admin leaves /admin/* to the routes, where the address is main.'),
  hosts: z
    .array(checkedText('expected a host name such as gateway.internal', findHostProblem), {
      error: 'expected a list of host names such as [gateway.internal]',
    })
    .transform((hosts) => hosts.map((host) => host.toLowerCase()))
    .prefault([])
    .describe('Names that the endpoints are asked by, besides IP addresses and names without a dot.'),
  auth: adminAuth
    .optional()
    .describe('Credentials for /admin/*, by HTTP Basic authentication; without them it is open.'),
});

const staticKey = section({
  name: checkedText('expected a name for the key', findKeyTextProblem).describe('What logs call the key.'),
  secret: checkedText('expected the key itself', findKeyTextProblem).describe(
    'What the client sends; take it from a variable.',
  ),
}).transform(({ name: keyName, secret }) => ({ name: keyName, sha256: hash('sha256', secret) }));

const accessLog = section({
  file: z
    .string({ error: 'expected a path, or - for the standard output' })
    .min(1, { error: 'expected a path, or - for the standard output' })
    .describe('A path, or - for the standard output.'),
});

const limits = section({
  request_line: byteSize(64, mebibyte).prefault('8KiB').describe('The longest request line; beyond it 414.'),
  head: byteSize(256, mebibyte).prefault('16KiB').describe('The longest head of a request; beyond it 431.'),
  fields: wholeNumber(1, 10_000).prefault(100).describe('The most fields of a head; beyond it 431.'),
  head_timeout: duration()
    .prefault('10s')
    .describe('For the head of a request, from the connection on; beyond it 408.'),
  body_idle_timeout: duration().prefault('30s').describe('Between two pieces of a body; beyond it 408.'),
  keep_alive_timeout: duration().prefault('75s').describe('After which an idle connection is closed.'),
  connections_per_client: wholeNumber(1, 65_535)
    .nullable()
    .prefault(null)
    .describe(
      'Connections at once from one client address, over all workers, null for any; beyond it they are closed.',
    ),
  requests_per_client: wholeNumber(1, 65_535)
    .nullable()
    .prefault(null)
    .describe('Requests at once from one client address, over all workers, null for any; beyond it 429.'),
  body: byteSize(0).nullable().prefault(null).describe('The longest body of a request, null for any; beyond it 413.'),
});

const ignoredLints = z
  .array(z.enum(lintNumbers, { error: 'expected the number of a lint such as SL002' }), {
    error: 'expected a list of numbers such as [SL002]',
  })
  .prefault([])
  .describe('The numbers of the findings that are not told.');

/** The configuration language: what a document may hold, its defaults, and what it is resolved to. */
export function createConfigSchema(definitions: readonly PolicyDefinition[]) {
  const policies = policyList(definitions);
  return section({
    listeners: z
      .array(listener, { error: 'expected a list of listeners such as [{ address: 0.0.0.0:8080 }]' })
      .min(1, { error: 'a gateway needs at least one listener such as { address: 0.0.0.0:8080 }' })
      .describe('Where clients connect.'),
    admin: admin.nullable().prefault(null).describe("Where the gateway's own endpoints are; null for nowhere."),
    workers: wholeNumber(1, largestWorkers)
      .prefault(() => Math.min(availableParallelism(), largestWorkers))
      .describe('Threads that serve traffic; as a rule one for each core.'),
    trusted_proxies: z
      .array(cidr(), { error: 'expected a list of IP ranges such as [10.0.0.0/8]' })
      .prefault([])
      .describe('Peers whose X-Forwarded-* fields are believed: IP addresses and ranges.'),
    shutdown_timeout: duration(0)
      .prefault('25s')
      .describe('How long requests under way may take once the gateway is told to end.'),
    limits: limits.prefault({}).describe('What a client may do, on every listener.'),
    upstreams: z
      .record(name('upstream'), upstream, { error: 'expected a mapping of names to upstreams' })
      .prefault({})
      .describe('Groups of targets that serve the same thing, by name.'),
    store: checkedText(
      'expected a store such as memory, sqlite:./data/sluice.db or redis://localhost:6379',
      findStoreProblem,
      { examples: ['memory', 'sqlite:./data/sluice.db', 'redis://localhost:6379'] },
    )
      .prefault('memory')
      .describe('Where API keys are kept that are made while the gateway runs; with Redis, limits are shared too.'),
    on_store_failure: z
      .enum(['fallback', 'reject'])
      .prefault('fallback')
      .describe('What becomes of requests while the store is lost: go on without it, or 503.'),
    access_log: z
      .union([z.literal(false), accessLog], { error: 'expected false or a mapping with file' })
      .prefault({ file: '-' })
      .describe('One JSON object a line for each request, or false.'),
    keys: z
      .array(staticKey, { error: 'expected a list of keys such as [{ name: app, secret: ... }]' })
      .prefault([])
      .describe('API keys that the configuration holds.'),
    custom_policies: z
      .array(z.string({ error: 'expected a path' }).min(1, { error: 'expected a path' }), {
        error: 'expected a list of paths such as [./policies/tenant.ts]',
      })
      .prefault([])
      .describe("Modules with policies of your own, by path from the configuration's folder."),
    lint: section({ ignore: ignoredLints }).prefault({}).describe('What "sluice check" says of the meaning.'),
    policies: policies.describe("For every route, before the route's own, in the order written."),
    routes: z
      .array(createRoute(policies), { error: 'expected a list of routes' })
      .prefault([])
      .describe('Which requests go where. The most specific route wins; the order does not matter.'),
    $schema: z
      .string({ error: 'expected a path or a URL' })
      .optional()
      .describe('Where editors find the JSON Schema; the gateway passes over it.'),
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

function findHostProblem(text: string): Refusal | undefined {
  return isHostName(text) ? undefined : { problem: 'expected a host name without scheme and port' };
}

function findStoreProblem(text: string): Refusal | undefined {
  const location = parseStoreLocation(text);
  return 'problem' in location ? location : undefined;
}
