import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { optionsSchema } from '../../src/config/policy-schema.ts';
import type { PolicyDefinition, PolicyHost } from '../../src/core/policy.ts';
import type { Consumer, LimitVerdict } from '../../src/core/ports.ts';
import { requestHeadOf } from '../../src/data-plane/parsed-head.fixture.ts';
import { JudgedRequest } from '../../src/data-plane/judged-request.ts';
import { builtInPolicies } from '../../src/policies/index.ts';

const app: Consumer = { id: '7', name: 'app', rateLimit: 120, permissions: ['orders'] };
const credentials = `Authorization: Basic ${Buffer.from('ada:sesame').toString('base64')}`;

interface Situation {
  readonly fields?: readonly string[];
  readonly consumer?: Consumer;
  readonly line?: string;
  readonly taken?: Partial<LimitVerdict>;
}

const policies: readonly PolicyDefinition[] = builtInPolicies;

/** What a policy says of a request that it has just judged. */
async function explain(name: string, options: object, situation: Situation = {}) {
  const definition = policies.find((policy) => policy.name === name);
  assert.ok(definition !== undefined);
  const taken = { allowed: true, remaining: 4, resetAfterMs: 1_000, retryAfterMs: 0, ...situation.taken };
  const host: PolicyHost = {
    scope: 'test',
    pattern: '/*',
    clock: { now: () => 0, wallTime: () => 0 },
    logger: { log: () => {} },
    keys: { find: (secret) => (secret === 'app-secret' ? app : null) },
    limiters: { create: () => ({ take: () => taken }) },
    state: (create) => create(),
  };
  const parsed = optionsSchema(definition).parse(options);
  const policy = definition.create(parsed, host);
  const { line = 'GET / HTTP/1.1', fields = [], consumer = null } = situation;
  const request = new JudgedRequest(requestHeadOf(line, 'Host: a', ...fields));
  request.resetJudgement('192.0.2.1', Infinity);
  request.requestId = request.head.requestId === '' ? 'made' : request.head.requestId;
  request.consumer = consumer;
  const verdict = await policy.onRequest?.(request);
  return policy.explain?.(request, verdict);
}

describe('what policies say of a request to people', () => {
  const users = [{ name: 'ada', password: 'sesame' }];
  const cases: readonly [name: string, options: object, situation: Situation, reason: string, skipped?: boolean][] = [
    ['api_key', {}, {}, 'no key: anonymous', true],
    ['api_key', { required: true }, {}, 'there is no key, and one is required'],
    ['api_key', {}, { fields: ['X-API-Key: x'] }, 'nobody has this key, or it is revoked or expired, or there are two'],
    [
      'api_key',
      {},
      { fields: ['X-API-Key: app-secret'] },
      'key app (id 7) may be used for orders, and not for the route ',
    ],
    ['basic_auth', { users }, {}, 'there are no Basic credentials'],
    ['basic_auth', { users }, { fields: [credentials] }, 'user ada'],
    ['basic_auth', { users }, { fields: [`${credentials}x`] }, 'no user has these credentials'],
    ['body_limit', { size: '1MiB' }, {}, 'there is no body; it may have 1MiB'],
    [
      'body_limit',
      { size: '1KiB' },
      { line: 'POST / HTTP/1.1', fields: ['Content-Length: 2048'] },
      'the body has 2KiB of at most 1KiB',
    ],
    [
      'body_limit',
      { size: '1KiB' },
      { line: 'POST / HTTP/1.1', fields: ['Transfer-Encoding: chunked'] },
      'the body is cut off after 1KiB; its length is not stated',
    ],
    ['cors', {}, {}, 'there is no Origin: it is no request of a page', true],
    [
      'cors',
      { origins: ['https://a.example'] },
      { fields: ['Origin: https://b.example'] },
      'pages of https://b.example may not use the answer',
    ],
    [
      'cors',
      {},
      { line: 'OPTIONS / HTTP/1.1', fields: ['Origin: null', 'Access-Control-Request-Method: PUT'] },
      'a preflight request is answered: pages of null may use the answer',
    ],
    ['headers', {}, {}, 'it changes nothing', true],
    [
      'headers',
      { request: { set: { 'X-A': '1' }, remove: ['X-B', 'X-C'] }, response: { add: { 'X-D': '2' } } },
      {},
      'for the target it sets X-A and removes X-B, X-C; on the answer it adds X-D',
    ],
    ['ip_allow', ['192.0.2.0/24'], {}, '192.0.2.1 is in 192.0.2.0/24'],
    ['ip_allow', ['10.0.0.0/8'], {}, '192.0.2.1 is in none of the ranges'],
    ['ip_deny', { ranges: ['192.0.2.1'], shadow: true }, {}, '192.0.2.1 is listed; only tried out'],
    ['rate_limit', { limit: '60/min', burst: 20 }, {}, '4 of 20 left for 192.0.2.1 (60/min)'],
    ['rate_limit', { limit: '5/s', by: 'key' }, {}, 'it has no key: not counted', true],
    ['rate_limit', { limit: '5/s', anonymous_only: true }, { consumer: app }, 'it has a key: counted elsewhere', true],
    ['rate_limit', { limit: '5/s', by: 'key' }, { consumer: app }, '4 of 12 left for key app (120/min, its own)'],
    [
      'rate_limit',
      { limit: '5/h', by: 'header:X-Tenant' },
      { fields: ['X-Tenant: acme'], taken: { allowed: false, remaining: 0, retryAfterMs: 1_500 } },
      '0 of 5 left for x-tenant=acme (5/h): the next one in 2 s',
    ],
    [
      'rate_limit',
      { limit: '5/d', by: 'header:X-Tenant', shadow: true },
      {},
      '4 of 5 left for 192.0.2.1, since there is no x-tenant (5/d); only tried out',
    ],
    ['request_id', { trust: false }, { fields: ['X-Request-Id: mine'] }, 'a new id'],
    [
      'request_id',
      { header: 'X-Job' },
      { fields: ['X-Job: 4711'] },
      "the client's id is taken over; also sent as X-Job",
    ],
    ['respond', { status: 503 }, {}, 'it answers every request with 503'],
  ];
  for (const [name, options, situation, reason, skipped = false] of cases) {
    test(`${name}: ${reason}`, async () => {
      assert.deepEqual(await explain(name, options, situation), { skipped, reason });
    });
  }

  test('is something for every policy', () => {
    const told = new Set(cases.map(([name]) => name));
    assert.deepEqual(
      builtInPolicies.filter(({ name }) => !told.has(name)),
      [],
    );
  });
});
