import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { documentFromValue } from '../config/document.ts';
import { loadConfig } from '../config/load.ts';
import { definePolicy, type PolicyDefinition } from '../core/policy.ts';
import { fieldValueOf } from './received-request.ts';
import type { Outcome, SimulatedRequest } from './request-run.ts';
import { SimulatedGateway } from './simulated-gateway.ts';
import { usualAnswer, type SimulatedAnswer } from './target-behaviour.ts';

const first = 'http://10.0.0.1:80';
const second = 'http://10.0.0.2:80';
const users = { targets: [first, second] };
const routes = [{ name: 'users', upstream: 'users' }];

function createGateway(
  context: TestContext,
  document: object,
  policies: readonly PolicyDefinition[] = [],
): SimulatedGateway {
  const whole = { listeners: [{ address: '127.0.0.1:0' }], upstreams: { users }, routes, ...document };
  const loaded = loadConfig(documentFromValue(whole, 'test'), policies);
  assert.ok('config' in loaded, 'issues' in loaded ? JSON.stringify(loaded.issues) : '');
  const { config } = loaded;
  const gateway = new SimulatedGateway({ config, policies, storedKeys: [], wallTimeMs: Date.UTC(2026, 0, 1) });
  context.after(() => gateway.close());
  return gateway;
}

const get: SimulatedRequest = {
  method: 'GET',
  path: '/a?b=c',
  fields: [['Host', 'example.com']],
  body: null,
  clientIp: '192.0.2.1',
};

async function ask(gateway: SimulatedGateway, request: Partial<SimulatedRequest> = {}): Promise<Outcome> {
  const run = gateway.begin({ ...get, ...request });
  await gateway.complete(run);
  return run.outcome;
}

function answers(...list: readonly Partial<SimulatedAnswer>[]) {
  return { kind: 'answers', answers: list.map((one) => ({ ...usualAnswer, ...one })) } as const;
}

describe('a simulated gateway', () => {
  test('forwards a request to a target and passes its answer on', async (context) => {
    const gateway = createGateway(context, {});
    const outcome = await ask(gateway, { fields: [...get.fields, ['X-Two', '1'], ['X-Two', '2']] });
    assert.partialDeepStrictEqual(outcome, {
      status: 200,
      body: 'ok\n',
      cut: false,
      code: null,
      route: 'users',
      upstream: 'users',
      target: first,
      attempts: [first],
      retries: 0,
      tookMs: 0,
    });
    assert.partialDeepStrictEqual(outcome.forwarded, { method: 'GET', path: '/a?b=c', body: '' });
    assert.equal(fieldValueOf(outcome.forwarded?.fields ?? [], 'x-forwarded-for'), '192.0.2.1');
    assert.equal(fieldValueOf(outcome.forwarded?.fields ?? [], 'x-two'), '1, 2');
    assert.equal((await ask(gateway)).target, second);
  });

  test('passes bodies of any size both ways', async (context) => {
    const gateway = createGateway(context, {});
    const body = 'x'.repeat(300_000);
    gateway.behave({}, answers({ body }));
    const outcome = await ask(gateway, { method: 'POST', body: Buffer.from(body) });
    assert.equal(outcome.forwarded?.body, body);
    assert.equal(outcome.body, body);
  });

  test('knows of no route where there is none, and of no target', async (context) => {
    const gateway = createGateway(context, { routes: [] });
    const expected = { status: 404, code: 'route_not_found', route: null, upstream: null, target: null, attempts: [] };
    assert.partialDeepStrictEqual(await ask(gateway), expected);
  });

  test('lets its date pass with its clock', async (context) => {
    const gateway = createGateway(context, {});
    await gateway.advance(61_000);
    assert.equal(fieldValueOf((await ask(gateway)).fields, 'date'), 'Thu, 01 Jan 2026 00:01:01 GMT');
  });

  for (const balance of ['random', 'p2c', 'least-requests', { hash: 'ip' }]) {
    test(`gives the same result each time with the balancing ${JSON.stringify(balance)}`, async (context) => {
      const document = { upstreams: { users: { ...users, balance } } };
      const drawn = async () => {
        const gateway = createGateway(context, document);
        const targets: (string | null)[] = [];
        for (let last = 1; last <= 20; last += 1)
          targets.push((await ask(gateway, { clientIp: `10.0.0.${last}` })).target);
        return targets;
      };
      const once = await drawn();
      assert.deepEqual(await drawn(), once);
      assert.deepEqual(new Set(once), new Set([first, second]));
    });
  }

  test('waits for a policy that takes real time', async (context) => {
    const slow = definePolicy({
      name: 'slow',
      summary: '',
      options: (kit) => kit.section({}),
      create: () => ({
        onRequest: async () => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          return { code: 'permission_denied' };
        },
      }),
    });
    const gateway = createGateway(context, { policies: [{ slow: {} }] }, [slow]);
    assert.partialDeepStrictEqual(await ask(gateway), { status: 403, policy: 'slow', tookMs: 0 });
  });

  test('tells what the gateway wrote to its log', async (context) => {
    const broken = definePolicy({
      name: 'broken',
      summary: '',
      options: (kit) => kit.section({}),
      create: () => ({
        onRequest: () => {
          throw new Error('a defect');
        },
      }),
    });
    const gateway = createGateway(context, { policies: [{ broken: {} }] }, [broken]);
    assert.partialDeepStrictEqual(await ask(gateway), { status: 500, code: 'internal_error', policy: 'broken' });
    assert.match(String(gateway.logged[0]?.fields['reason']), /a defect/);
  });

  test('says nothing of the request before in the answer to one with a head that is refused', async (context) => {
    const gateway = createGateway(context, {});
    gateway.behave({ url: first }, answers({ status: 503 }));
    const retried = await ask(gateway);
    assert.equal(fieldValueOf(retried.fields, 'x-retry-count'), '1');
    const refused = await ask(gateway, { path: `/${'a'.repeat(10_000)}` });
    assert.partialDeepStrictEqual(refused, { status: 414, retries: 0, upstream: null, target: null });
    assert.equal(fieldValueOf(refused.fields, 'x-retry-count'), null);
  });
});

describe('a simulated target', () => {
  test('that refuses connections is passed over, and so is one that cannot be reached', async (context) => {
    const gateway = createGateway(context, {});
    gateway.behave({ url: first }, { kind: 'refuses' });
    assert.partialDeepStrictEqual(await ask(gateway), {
      status: 200,
      attempts: [first, second],
      retries: 0,
      tookMs: 0,
    });
    gateway.behave({ url: first }, { kind: 'unreachable' });
    const outcomes = [await ask(gateway), await ask(gateway)];
    const [passedOver] = outcomes.filter(({ attempts }) => attempts.length === 2);
    assert.partialDeepStrictEqual(passedOver, { status: 200, attempts: [first, second], tookMs: 2_000 });
  });

  test('loses the connections that it had when it cannot be reached any more', async (context) => {
    const gateway = createGateway(context, { upstreams: { users: { targets: [first], retry: false } } });
    assert.equal((await ask(gateway)).status, 200);
    gateway.behave({}, { kind: 'refuses' });
    assert.partialDeepStrictEqual(await ask(gateway), { status: 502, code: 'upstream_unreachable' });
    gateway.behave({}, answers({}));
    assert.equal((await ask(gateway)).status, 200);
  });

  test('that hangs costs the time that the gateway waits for an answer', async (context) => {
    const upstreams = { users: { ...users, timeouts: { response: '3s' }, retry: false } };
    const gateway = createGateway(context, { upstreams });
    gateway.behave({ upstream: 'users' }, { kind: 'hangs' });
    assert.partialDeepStrictEqual(await ask(gateway), { status: 504, code: 'upstream_timeout', tookMs: 3_000 });
  });

  test('that cuts connections is tried again elsewhere', async (context) => {
    const gateway = createGateway(context, {});
    gateway.behave({ url: first }, { kind: 'resets' });
    assert.partialDeepStrictEqual(await ask(gateway), {
      status: 200,
      attempts: [first, second],
      retries: 1,
      tookMs: 100,
    });
  });

  test('gives its answers in order, and the last one from then on', async (context) => {
    const gateway = createGateway(context, {
      upstreams: { users: { targets: [first], retry: false, breaker: false } },
    });
    gateway.behave({}, answers({ status: 500 }, { status: 404, body: 'no', fields: [['X-A', '1']] }, { status: 204 }));
    const outcomes = [await ask(gateway), await ask(gateway), await ask(gateway), await ask(gateway)];
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      [500, 404, 204, 204],
    );
    assert.equal(fieldValueOf(outcomes[1]?.fields ?? [], 'x-a'), '1');
    assert.deepEqual([outcomes[1]?.body, outcomes[2]?.body], ['no', '']);
  });

  test('answers after its delay, and HEAD without a body', async (context) => {
    const gateway = createGateway(context, {});
    gateway.behave({}, answers({ delayMs: 250 }));
    assert.partialDeepStrictEqual(await ask(gateway, { method: 'HEAD' }), { status: 200, body: '', tookMs: 250 });
  });

  test('whose answer breaks off is seen as that', async (context) => {
    const gateway = createGateway(context, { upstreams: { users: { targets: [first] } } });
    gateway.behave({}, answers({ broken: true }));
    assert.partialDeepStrictEqual(await ask(gateway), { status: 200, cut: true, code: 'upstream_reset' });
  });

  test('that is unhealthy gets nothing until it is healthy', async (context) => {
    const gateway = createGateway(context, {});
    gateway.setHealth({ url: first }, false);
    assert.deepEqual([(await ask(gateway)).target, (await ask(gateway)).target], [second, second]);
    gateway.setHealth({}, false);
    assert.partialDeepStrictEqual(await ask(gateway), { status: 503, code: 'no_healthy_target' });
    gateway.setHealth({ url: first }, true);
    assert.equal((await ask(gateway)).target, first);
  });
});

describe('requests under way at once', () => {
  const oneTarget = { targets: [first], retry: false, breaker: { max_failures: 1, half_open_requests: 2 } };

  test('meet a breaker that is half-open, which lets so many by', async (context) => {
    const gateway = createGateway(context, { upstreams: { users: oneTarget } });
    gateway.behave({}, answers({ status: 500 }));
    await ask(gateway);
    await gateway.advance(30_000);
    gateway.behave({}, answers({ delayMs: 1_000 }));
    const runs = [gateway.begin(get), gateway.begin(get), gateway.begin(get)];
    await gateway.settle();
    assert.deepEqual(
      runs.map(({ done }) => done),
      [false, false, true],
    );
    assert.partialDeepStrictEqual(runs[2]?.outcome, { status: 503, code: 'circuit_open' });
    for (const run of runs) await gateway.complete(run);
    assert.deepEqual(
      runs.map(({ outcome }) => [outcome.status, outcome.tookMs]),
      [
        [200, 1_000],
        [200, 1_000],
        [503, 0],
      ],
    );
  });

  test('wait for a connection where the pool has no other', async (context) => {
    const upstreams = { users: { targets: [first], pool: { max_connections: 1, wait_timeout: '2s' } } };
    const gateway = createGateway(context, { upstreams });
    gateway.behave({}, answers({ delayMs: 1_500 }));
    const runs = [gateway.begin(get), gateway.begin(get), gateway.begin(get)];
    for (const run of runs) await gateway.complete(run);
    assert.deepEqual(
      runs.map(({ outcome }) => [outcome.code, outcome.tookMs, outcome.forwarded?.method]),
      [
        [null, 1_500, 'GET'],
        [null, 3_000, 'GET'],
        ['upstream_busy', 2_000, undefined],
      ],
    );
  });
});
