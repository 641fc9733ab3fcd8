import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { documentFromValue } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { SlotBook } from '../../src/control/slot-book.ts';
import { listSlotNames } from '../../src/control/slots.ts';
import { definePolicy, type PolicyDefinition } from '../../src/core/policy.ts';
import { systemClock } from '../../src/core/ports.ts';
import type { RequestInQuestion } from '../../src/core/request-in-question.ts';
import { StoreUnavailableError } from '../../src/core/store-unavailable-error.ts';
import type { Program } from '../../src/core/worker-messages.ts';
import { LiveExplainer } from '../../src/explain/live-explainer.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { createSharedState } from '../../src/state/layout.ts';
import { TargetStates, targetHealthy, targetUnhealthy } from '../../src/state/target-states.ts';
import { createKey } from '../../src/stores/key-secret.ts';
import type { StoredKey } from '../../src/stores/key-store.ts';

const room = { routes: 20, upstreams: 4, targets: 8 };
const get: RequestInQuestion = { method: 'GET', url: '/a', headers: [], clientIp: '192.0.2.1', bodyBytes: null };

interface Bench {
  readonly explainer: LiveExplainer;
  readonly state: ReturnType<typeof createSharedState>;
  /** Slots of the targets of the program that is served. */
  readonly targets: () => Readonly<Record<string, number>>;
  serve(document: object): void;
  /** What the store of keys has; null for a store that is away. */
  stored: StoredKey | null | 'away';
  readonly problems: Map<number, string>;
}

function createBench(t: TestContext, document: object, custom: readonly PolicyDefinition[] = []): Bench {
  const definitions = [...builtInPolicies, ...custom];
  const state = createSharedState({ workers: 2, ...room, series: 64, buckets: 64 });
  const book = new SlotBook(room);
  let program: Program<Config>;
  const serve = (wanted: object) => {
    const loaded = loadConfig(documentFromValue({ listeners: [{ address: ':8080' }], ...wanted }, 'test'), definitions);
    assert.ok('config' in loaded, JSON.stringify(loaded));
    const proposal = book.propose(listSlotNames(loaded.config));
    assert.ok('slots' in proposal);
    book.adopt(proposal);
    program = { version: (program?.version ?? 0) + 1, config: loaded.config, slots: proposal.slots };
  };
  serve(document);
  const problems = new Map<number, string>();
  const bench: Bench = {
    explainer: new LiveExplainer({
      state,
      clock: systemClock,
      program: () => program,
      loadPolicies: async () => definitions,
      keys: {
        answer: async () => {
          if (bench.stored === 'away') throw new StoreUnavailableError('away');
          return bench.stored;
        },
      },
      store: {
        get up() {
          return bench.stored !== 'away';
        },
      },
      healthChecks: { problem: (slot) => problems.get(slot) ?? null },
      patienceMs: 20,
    }),
    state,
    targets: () => program.slots.targets,
    serve,
    stored: null,
    problems,
  };
  t.after(() => bench.explainer.close());
  return bench;
}

const upstreams = { api: { targets: ['http://10.0.0.1:80', 'http://10.0.0.2:80'] } };
const everything = {
  upstreams: {
    api: {
      ...upstreams.api,
      balance: { hash: 'ip' },
      outliers: {},
      slow_start: '10s',
      retry: {},
      breaker: {},
    },
  },
  routes: [
    {
      name: 'api',
      policies: [{ api_key: {} }, { rate_limit: { by: 'ip', limit: '5/s' } }, { cors: {} }],
      upstream: 'api',
    },
  ],
};

test('no word of the shared memory moves, whatever is explained', async (t) => {
  const { explainer, state } = createBench(t, everything);
  const digest = () => hash('sha256', new Uint8Array(state.buffer));
  const before = digest();
  for (const url of ['/a', '/b?c', '/%2f', '/livez']) await explainer.explain({ ...get, url });
  assert.equal(digest(), before);
});

test('the state is that of the moment, and the configuration the one that is served', async (t) => {
  const bench = createBench(t, { upstreams, routes: [{ name: 'old', upstream: 'api' }] });
  const states = new TargetStates(bench.state, { nowMicros: () => 0 });
  const [first = 0, second = 0] = Object.values(bench.targets());
  assert.equal((await bench.explainer.explain(get)).target, 'http://10.0.0.1:80');
  states.setHealth(first, targetUnhealthy);
  bench.problems.set(first, 'the connection was refused');
  states.setHealth(second, targetHealthy);
  const explained = await bench.explainer.explain(get);
  assert.equal(explained.target, 'http://10.0.0.2:80');
  assert.deepEqual(
    explained.upstreams[0]?.targets.map(({ health, fit, reason }) => [health, fit, reason]),
    [
      ['unhealthy', false, 'its health checks fail: the connection was refused'],
      ['healthy', true, 'it is healthy'],
    ],
  );
  bench.serve({ upstreams, routes: [{ name: 'new', match: { path: '/a' }, respond: { status: 204 } }] });
  const after = await bench.explainer.explain(get);
  assert.deepEqual([after.route, after.status, after.candidates.length], ['new', 204, 1]);
});

test('keys of the store are asked for, each time anew, and one that nobody can tell of is no reason to fail', async (t) => {
  const bench = createBench(t, {
    upstreams,
    routes: [{ name: 'api', policies: [{ api_key: { required: true } }], upstream: 'api' }],
  });
  const { key, secret } = createKey(
    { name: 'made', rateLimit: null, permissions: ['elsewhere'], expiresAt: null },
    { random: randomBytes, now: () => 0 },
  );
  const question = { ...get, headers: [['X-API-Key', secret]] as const };
  const codeOf = async () => (await bench.explainer.explain(question)).code;
  assert.equal(await codeOf(), 'invalid_api_key');
  bench.stored = key;
  assert.equal(await codeOf(), 'permission_denied');
  bench.stored = { ...key, permissions: [] };
  const explained = await bench.explainer.explain(question);
  assert.deepEqual([explained.code, explained.request.consumer], [null, 'made']);
  assert.ok(!JSON.stringify(explained).includes(secret));
  bench.stored = { ...key, permissions: [], revokedAt: 1 };
  assert.equal(await codeOf(), 'invalid_api_key');
});

test('a key of a store that is away is told as one that cannot be checked', async (t) => {
  const bench = createBench(t, { upstreams, routes: [{ name: 'api', policies: [{ api_key: {} }], upstream: 'api' }] });
  bench.stored = 'away';
  const { secret } = createKey(
    { name: 'made', rateLimit: null, permissions: [], expiresAt: null },
    { random: randomBytes, now: () => 0 },
  );
  const { status, code } = await bench.explainer.explain({ ...get, headers: [['X-API-Key', secret]] });
  assert.deepEqual([status, code], [503, 'key_store_unavailable']);
});

const failing = definePolicy({
  name: 'failing',
  summary: 'Fails.',
  options: ({ section }) => section({}),
  create: () => ({
    onRequest: () => {
      throw new Error('this policy is broken');
    },
  }),
});

const bodyReader = definePolicy({
  name: 'body_reader',
  summary: 'Judges by the body.',
  body: '10B',
  options: ({ section }) => section({}),
  create: () => ({
    onRequest: ({ body }) => (body?.length === 0 ? undefined : { code: 'permission_denied' }),
    onFinish: () => assert.fail('nothing has ended'),
  }),
});

test('a policy that fails is explained as the refusal that it is', async (t) => {
  const { explainer } = createBench(
    t,
    { upstreams, routes: [{ name: 'api', policies: [{ failing: {} }], upstream: 'api' }] },
    [failing],
  );
  const { status, code, policies } = await explainer.explain(get);
  assert.deepEqual([status, code], [500, 'internal_error']);
  const reason = 'it failed: this policy is broken';
  assert.deepEqual(policies, [{ policy: 'failing', verdict: 'refuse', code: 'internal_error', reason }]);
});

test('a policy that judges by the body is asked only where there is none', async (t) => {
  const { explainer } = createBench(
    t,
    { upstreams, routes: [{ name: 'api', policies: [{ body_reader: {} }, { cors: {} }], upstream: 'api' }] },
    [bodyReader],
  );
  const verdictsOf = async (bodyBytes: number | null) => {
    const { policies, code } = await explainer.explain({ ...get, method: 'POST', bodyBytes });
    return [...policies.map(({ verdict }) => verdict), code];
  };
  assert.deepEqual(await verdictsOf(null), ['pass', 'skip', null]);
  assert.deepEqual(await verdictsOf(0), ['pass', 'skip', null]);
  assert.deepEqual(await verdictsOf(10), ['skip', 'skip', null]);
  assert.deepEqual(await verdictsOf(11), ['refuse', 'skip', 'body_too_large']);
});

const speechless = definePolicy({
  name: 'speechless',
  summary: 'Cannot say why.',
  options: ({ section }) => section({}),
  create: () => ({
    onRequest: () => ({ code: 'permission_denied' }),
    explain: () => {
      throw new Error('no words');
    },
  }),
});

test('a policy that cannot say why it refuses has refused all the same', async (t) => {
  const { explainer } = createBench(
    t,
    { upstreams, routes: [{ name: 'api', policies: [{ speechless: {} }], upstream: 'api' }] },
    [speechless],
  );
  const { status, policies } = await explainer.explain({ ...get, method: 'get' });
  assert.equal(status, 403);
  const reason = 'it fails to say why: no words';
  assert.deepEqual(policies, [{ policy: 'speechless', verdict: 'refuse', code: 'permission_denied', reason }]);
});

test('a method in lower case is another one, and that is said', async (t) => {
  const { explainer } = createBench(t, {
    upstreams,
    routes: [{ name: 'api', match: { methods: ['GET'] }, upstream: 'api' }],
  });
  const { code, notes } = await explainer.explain({ ...get, method: 'get' });
  assert.equal(code, 'method_not_allowed');
  assert.deepEqual(notes, ['get is another method than GET, which is probably meant.']);
});

const undecided = definePolicy({
  name: 'undecided',
  summary: 'Never decides.',
  options: ({ section }) => section({}),
  create: () => ({ onRequest: () => new Promise<undefined>(() => {}) }),
});

test('a policy that does not decide is told, and nobody waits for it for ever', async (t) => {
  const { explainer } = createBench(
    t,
    {
      upstreams,
      routes: [{ name: 'api', policies: [{ cors: {} }, { undecided: {} }, { cors: {} }], upstream: 'api' }],
    },
    [undecided],
  );
  const { status, target, policies, summary } = await explainer.explain({ ...get, headers: [['Origin', 'http://a']] });
  assert.deepEqual([status, target], [null, null]);
  assert.match(summary, /is not known/);
  assert.deepEqual(
    policies.map(({ verdict, reason }) => (verdict === 'pass' ? verdict : reason)),
    ['pass', 'it has not decided in time', 'not reached'],
  );
});
