import * as fc from 'fast-check';
import type { RequestInQuestion } from '../../src/core/request-in-question.ts';

// Configurations and requests from a small alphabet, so that they have to do with each other.

const segment = fc.constantFrom('a', 'b', 'users', 'v1');
const parameter = fc.constantFrom('{id}', '{name}');
const host = fc.constantFrom('api.example', '*.example', 'other.test');
const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'BREW');
const address = fc.constantFrom('192.0.2.1', '192.0.2.2', '10.1.2.3', '2001:db8::1', '2001:db8::2');
const secrets = ['key-one-secret', 'key-two-secret', 'key-unknown-x'] as const;

/** Mostly not there. */
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, arbitrary);
}

const pattern = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: segment }, parameter), { maxLength: 2 }),
    fc.constantFrom(true, true, true, false),
  )
  .map(([segments, isPrefix]) => {
    const seen = new Set<string>();
    const kept = segments.filter((one) => !one.startsWith('{') || (!seen.has(one) && seen.add(one)));
    return `/${kept.join('/')}${isPrefix ? (kept.length === 0 ? '*' : '/*') : ''}`;
  });

const condition = fc.constantFrom<object | string>('1', { prefix: 'x' }, { one_of: ['1', '2'] }, { present: true });

function conditions(name: string): fc.Arbitrary<object> {
  return seldom(condition).map((one) => (one === undefined ? {} : { [name]: one }));
}

const policies: readonly fc.Arbitrary<object>[] = [
  fc.record({ cors: fc.record({ origins: fc.constantFrom(['*'], ['https://a.example']) }) }),
  fc.record({ api_key: fc.record({ required: fc.boolean() }) }),
  fc.record({
    rate_limit: fc.record({
      by: fc.constantFrom('ip', 'route', 'header:x-tenant'),
      limit: fc.constant('60/min'),
      burst: fc.integer({ min: 1, max: 4 }),
      shadow: fc.boolean(),
    }),
  }),
  fc.record({ ip_allow: fc.constantFrom(['192.0.2.0/24'], ['192.0.2.1', '2001:db8::/64']) }),
  fc.record({ ip_deny: fc.constantFrom(['10.0.0.0/8'], ['192.0.2.2']) }),
  fc.record({ body_limit: fc.record({ size: fc.constantFrom(0, 4, 1000) }) }),
  fc.constant({ headers: { request: { set: { 'X-Route': '{route.name}' }, remove: ['accept'] } } }),
  fc.constant({ headers: { response: { set: { 'X-Served-By': 'gateway' }, remove: ['content-type'] } } }),
  fc.constant({ request_id: { header: 'X-Correlation-Id' } }),
  fc.constant({ respond: { status: 418, body: 'no' } }),
];

const policyList = fc
  .subarray(
    policies.map((_, index) => index),
    { maxLength: 4 },
  )
  .chain((chosen) => {
    // One that answers everything is left out mostly.
    const kept = chosen.filter((index) => index !== policies.length - 1 || chosen.length === 1);
    return fc.tuple(...kept.map((index) => policies[index] ?? fc.constant({})));
  });

const destination = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('one', 'two').map((upstream) => ({ upstream })) },
  fc.constant({
    split: [
      { upstream: 'one', weight: 1 },
      { upstream: 'two', weight: 2 },
    ],
  }),
  fc.constant({
    split: [
      { upstream: 'one', weight: 0 },
      { upstream: 'two', weight: 2 },
    ],
  }),
  fc.constantFrom(301, 302, 308).map((status) => ({ redirect: { to: 'https://new.example{request.path}', status } })),
  fc.constant({ respond: { status: 503, body: 'closed', headers: { 'retry-after': '60' } } }),
);

const rewrite = fc.constantFrom(undefined, undefined, { path: '/rewritten{request.path}' }, { host: '{request.host}' });

const route = fc
  .record({
    match: fc.record({
      path: fc.oneof({ weight: 3, arbitrary: pattern }, fc.constant('/*')),
      host: seldom(host),
      methods: seldom(fc.uniqueArray(method, { minLength: 3 })),
      headers: conditions('x-version'),
      query: conditions('v'),
    }),
    policies: policyList,
    destination,
    rewrite,
  })
  .map(({ destination: to, rewrite: changed, ...rest }) => ({
    ...rest,
    ...to,
    ...('redirect' in to || 'respond' in to || changed === undefined ? {} : { rewrite: changed }),
  }));

const upstream = fc.record({
  targets: fc
    .constantFrom(1, 2, 3)
    .map((count) => Array.from({ length: count }, (_, at) => `http://10.0.0.${at + 1}:80`)),
  balance: fc.constantFrom<object | string>(
    'round-robin',
    'least-requests',
    { hash: 'ip' },
    { hash: 'path' },
    'random',
  ),
  breaker: fc.constantFrom<object | false>(false, {
    max_failures: 2,
    reset_timeout: '5s',
    half_open_requests: 1,
    success_threshold: 1,
  }),
  outliers: fc.constantFrom<object | false>(false, { consecutive_failures: 2, ejection_time: '10s' }),
  retry: fc.constantFrom<object | false>(false, {}),
});

/** A document of the configuration language; it may have issues, such as two routes that match the same. */
export const generatedDocument = fc
  .record({
    routes: fc.array(route, { minLength: 1, maxLength: 6 }),
    common: policyList,
    one: upstream,
    two: upstream,
    trusted: fc.constantFrom([], ['10.0.0.0/8']),
    body: fc.constantFrom(null, 8),
  })
  .map(({ routes, common, one, two, trusted, body }) => ({
    listeners: [{ address: '127.0.0.1:8080' }],
    trusted_proxies: trusted,
    limits: { body },
    keys: [
      { name: 'one', secret: secrets[0] },
      { name: 'two', secret: secrets[1] },
    ],
    upstreams: { one, two },
    policies: common,
    routes: routes.map((one_, index) => ({ name: `route-${index}`, ...one_ })),
  }));

const path = fc
  .tuple(
    fc.array(
      fc.oneof({ weight: 30, arbitrary: segment }, fc.constantFrom('', '.', '..', '%2f', 'x%20y', '%zz', '42')),
      {
        maxLength: 3,
      },
    ),
    fc.constantFrom('', '', '?v=1', '?v=x1&w=2', '?'),
  )
  .map(([segments, query]) => `/${segments.join('/')}${query}`);

const field = fc.constantFrom<readonly [string, string]>(
  ['X-Version', '1'],
  ['X-Version', 'x2'],
  ['X-Tenant', 'acme'],
  ['X-API-Key', secrets[0]],
  ['X-API-Key', secrets[2]],
  ['Authorization', `Bearer ${secrets[1]}`],
  ['Origin', 'https://a.example'],
  ['Access-Control-Request-Method', 'PUT'],
  ['Accept', 'text/html'],
  ['Cookie', 'session=abcdef'],
  ['Connection', 'x-tenant'],
  ['X-Forwarded-For', '203.0.113.7, 10.9.9.9'],
  ['X-Request-Id', 'given-id'],
  ['X-Correlation-Id', 'other-id'],
  ['Expect', '100-continue'],
);
const badField = fc.constant(['Bad Name', 'x'] as const);

/** A request, mostly a well-formed one, that names its host itself. */
export const generatedQuestion: fc.Arbitrary<RequestInQuestion> = fc
  .record({
    method,
    url: fc.oneof({ weight: 30, arbitrary: path }, fc.constantFrom('/livez', '/readyz')),
    hosts: fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom(['api.example'], ['sub.example:8080'], ['OTHER.test'], ['unknown']) },
      fc.constantFrom(['a', 'b'], ['a b']),
    ),
    fields: fc.uniqueArray(fc.oneof({ weight: 60, arbitrary: field }, badField), {
      maxLength: 5,
      selector: ([name, value]) => `${name}${value}`,
    }),
    clientIp: address,
    bodyBytes: fc.constantFrom(null, null, null, 0, 3, 6, 70_000),
  })
  .map(({ hosts, fields, ...rest }) => ({
    ...rest,
    headers: [...hosts.map((name) => ['Host', name] as const), ...fields],
  }));

/** What targets do, and what is said of their health, between two requests. */
export const generatedEvent = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'nothing' } as const) },
  fc.record({
    kind: fc.constant('behaves' as const),
    upstream: fc.constantFrom('one', 'two'),
    answer: fc.constantFrom(200, 404, 500, 503, 'refuses' as const),
  }),
  fc.record({
    kind: fc.constant('health' as const),
    url: fc.constantFrom('http://10.0.0.1:80', 'http://10.0.0.2:80', 'http://10.0.0.3:80'),
    healthy: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('passes' as const), milliseconds: fc.constantFrom(100, 1_000, 6_000) }),
);
