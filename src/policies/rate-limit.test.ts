import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KnownConsumer } from '../core/known-consumer.ts';
import type { PolicyExchange, PolicyHost } from '../core/policy.ts';
import type { Consumer, Limiter, LimitVerdict, TokenLimit } from '../core/ports.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { rateLimit } from './rate-limit.ts';

const passed: LimitVerdict = { allowed: true, remaining: 4, resetAfterMs: 1_500, retryAfterMs: 0 };
const refused: LimitVerdict = { allowed: false, remaining: 0, resetAfterMs: 9_000, retryAfterMs: 1_200 };
const sixtyBurstTen = { limit: { tokens: 60, periodMs: 60_000 }, burst: 10, anonymous_only: false, shadow: false };

type Taken = { subject: string; limit: TokenLimit | undefined };

function createConsumer(rateLimitOfKey: number | null): Consumer {
  return { id: 'id-1', name: 'app', rateLimit: rateLimitOfKey, permissions: [] };
}

/** The policy with a limiter that answers what it is told. */
function createPolicy(options: object, answer: () => LimitVerdict | Promise<LimitVerdict> = () => passed) {
  const taken: Taken[] = [];
  const take: Limiter['take'] = (subject, limit) => {
    taken.push({ subject, limit });
    return answer();
  };
  const host: PolicyHost = {
    scope: 'test',
    pattern: '/*',
    clock: { now: () => 0, wallTime: () => 1_000_000 },
    logger: { log: () => {} },
    keys: { find: () => null },
    limiters: { create: () => ({ take }) },
    state: (create) => create(),
  };
  return { taken, policy: rateLimit.create({ by: 'ip', ...sixtyBurstTen, ...options }, host) };
}

function ask(policy: ReturnType<typeof rateLimit.create>, consumer: Consumer | null) {
  const lines: string[] = [];
  const exchange: Pick<PolicyExchange, 'consumer' | 'clientNetwork' | 'tellLimit'> = {
    consumer,
    clientNetwork: '192.0.2.1',
    tellLimit: (_remaining, text) => lines.push(text),
  };
  const verdict = policy.onRequest?.(exchange as PolicyExchange);
  return { verdict, lines };
}

describe('the rate_limit policy', () => {
  test('counts by client network, or by the id of the key', () => {
    const [byIp, byKey] = [createPolicy({}), createPolicy({ by: 'key' })];
    ask(byIp.policy, createConsumer(5));
    ask(byKey.policy, createConsumer(null));
    assert.deepEqual(
      [...byIp.taken, ...byKey.taken].map(({ subject }) => subject),
      ['192.0.2.1', 'id-1'],
    );
    assert.deepEqual(byIp.taken[0]?.limit, { emissionMicros: 1_000_000, burst: 10 });
  });

  test('does not count what another one counts', () => {
    const [byKey, anonymous] = [createPolicy({ by: 'key' }), createPolicy({ anonymous_only: true })];
    assert.deepEqual(ask(byKey.policy, null), { verdict: undefined, lines: [] });
    assert.deepEqual(ask(anonymous.policy, createConsumer(null)), { verdict: undefined, lines: [] });
    assert.deepEqual([...byKey.taken, ...anonymous.taken], []);
  });

  test('hands a consumer that stays known to a limiter that can keep something in it', () => {
    const consumer = new KnownConsumer({ id: 'id-1', name: 'app', rateLimit: 600, permissions: [] });
    const taken: Taken[] = [];
    const host: PolicyHost = {
      scope: 'test',
      pattern: '/*',
      clock: { now: () => 0, wallTime: () => 1_000_000 },
      logger: { log: () => {} },
      keys: { find: () => null },
      limiters: {
        create: () => ({
          take: () => assert.fail('it is counted as a consumer'),
          takeOf: ({ id }, limit) => {
            taken.push({ subject: id, limit });
            return passed;
          },
        }),
      },
      state: (create) => create(),
    };
    const policy = rateLimit.create({ ...sixtyBurstTen, by: 'key' }, host);
    assert.equal(ask(policy, consumer).verdict, undefined);
    assert.deepEqual(taken, [{ subject: 'id-1', limit: { emissionMicros: 100_000, burst: 60 } }]);
    const other = createPolicy({ by: 'key' });
    ask(other.policy, consumer);
    assert.deepEqual(other.taken[0]?.subject, 'id-1');
  });

  test('says the same however often it is the same, and another thing when it is not', () => {
    const verdicts = [passed, passed, passed, passed, passed, passed, { ...passed, remaining: 3 }, passed];
    let at = 0;
    const { policy } = createPolicy({}, () => verdicts[at++] ?? passed);
    const told = verdicts.map(() => ask(policy, null).lines[0] ?? '');
    const [first = ''] = told;
    const changed = first.replace('Remaining: 4', 'Remaining: 3').replace('r=4', 'r=3');
    assert.notEqual(changed, first);
    assert.deepEqual(told, [...Array.from({ length: 6 }, () => first), changed, first]);
  });

  test('says at once what the limit is and what is left of it', () => {
    assert.deepEqual(ask(createPolicy({}).policy, null), {
      verdict: undefined,
      lines: [
        'X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: 4\r\nX-RateLimit-Reset: 1002\r\n' +
          'RateLimit-Policy: "ip";q=10;w=10\r\nRateLimit: "ip";r=4;t=2\r\n',
      ],
    });
    const { verdict } = ask(createPolicy({}, () => refused).policy, null);
    assert.deepEqual(verdict, { code: 'rate_limited', fields: [['Retry-After', '2']] });
  });

  test('waits for a verdict that is promised, and says the same', async () => {
    const promised = ask(createPolicy({}, async () => refused).policy, null);
    assert.ok(promised.verdict instanceof Promise);
    assert.deepEqual(await promised.verdict, { code: 'rate_limited', fields: [['Retry-After', '2']] });
    assert.deepEqual(promised.lines, ask(createPolicy({}, () => refused).policy, null).lines);
  });

  test('answers 503 where nobody can count, and lets other errors through', async () => {
    const unavailable = ask(createPolicy({}, () => Promise.reject(new StoreUnavailableError('lost'))).policy, null);
    const verdict = await unavailable.verdict;
    assert.deepEqual(verdict, { code: 'limit_store_unavailable', fields: [['Retry-After', '1']] });
    assert.deepEqual(unavailable.lines, []);
    const broken = ask(createPolicy({}, () => Promise.reject(new TypeError('a defect'))).policy, null);
    await assert.rejects(Promise.resolve(broken.verdict), TypeError);
  });
});

describe("a key's own limit", () => {
  const limitFor = (perMinute: number | null, options = {}) => {
    const { policy, taken } = createPolicy({ by: 'key', ...options });
    const { lines } = ask(policy, createConsumer(perMinute));
    return { limit: taken[0]?.limit, line: lines[0]?.split('\r\n')[0], policy, taken };
  };

  test('counts in place of the usual one, and is what the answer tells', () => {
    const { limit, line } = limitFor(600);
    assert.deepEqual(limit, { emissionMicros: 100_000, burst: 60 });
    assert.equal(line, 'X-RateLimit-Limit: 60');
  });

  test('has the usual burst where a tenth of it is less', () => {
    assert.deepEqual(limitFor(30).limit, { emissionMicros: 2_000_000, burst: 10 });
    assert.deepEqual(limitFor(109).limit, { emissionMicros: 550_459, burst: 10 });
  });

  test('has no say where requests are counted by address', () => {
    const { policy, taken } = createPolicy({});
    ask(policy, createConsumer(600));
    assert.equal(taken[0]?.limit?.burst, 10);
  });

  test('is the usual one where the key has none, or one that nobody could mean', () => {
    for (const perMinute of [null, 0, -5, Number.NaN])
      assert.equal(limitFor(perMinute).limit?.emissionMicros, 1_000_000);
  });

  test('is bounded by what a bucket can hold', () => {
    assert.deepEqual(limitFor(1e12).limit, { emissionMicros: 1, burst: 1e11 });
    const { limit } = limitFor(1, { burst: 1_000_000_000, limit: { tokens: 1_000, periodMs: 1_000 } });
    assert.deepEqual(limit, { emissionMicros: 60_000_000, burst: Math.floor(2 ** 52 / 60_000_000) });
  });

  test('is made once for all keys that have the same, and not kept for ever', () => {
    const { policy, taken } = limitFor(600);
    ask(policy, createConsumer(600));
    assert.equal(taken[1]?.limit, taken[0]?.limit);
    for (let perMinute = 1_000; perMinute < 3_000; perMinute += 1) ask(policy, createConsumer(perMinute));
    ask(policy, createConsumer(600));
    assert.notEqual(taken.at(-1)?.limit, taken[0]?.limit);
    assert.deepEqual(taken.at(-1)?.limit, taken[0]?.limit);
  });
});
