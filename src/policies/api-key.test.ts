import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fieldRole } from '../core/field-names.ts';
import type { PolicyExchange, PolicyHost } from '../core/policy.ts';
import type { Consumer, KeyLookup } from '../core/ports.ts';
import { RequestHead } from '../core/request-head.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { apiKey } from './api-key.ts';

const consumer: Consumer = { id: '1', name: 'mobile', rateLimit: 30, permissions: ['users'] };
const challenge = [['WWW-Authenticate', 'ApiKey realm="gateway"']];
const usual = { required: false, bearer: true, forward: false };

function createExchange(...lines: string[]): PolicyExchange {
  const head = new RequestHead();
  head.text = lines.map((line) => `${line}\r\n`).join('');
  let start = 0;
  for (const line of lines) {
    head.addField(fieldRole.plain, start, head.text.indexOf(':', start), start + line.length);
    start += line.length + 2;
  }
  return { head, consumer: null, routeName: 'users', path: '/api/users/7' } as PolicyExchange;
}

function createPolicy(find: KeyLookup['find'], options: Partial<typeof usual> = {}) {
  const host = { keys: { find }, clock: { now: () => 1, wallTime: () => 7_000 } } as unknown as PolicyHost;
  return apiKey.create({ ...usual, ...options }, host);
}

const knowing = (known: string) => (secret: string) => (secret === known ? consumer : null);

describe('the api_key policy', () => {
  test('names whom a known key belongs to, asks with the time, and does not pass the key on', () => {
    const asked: [string, number][] = [];
    const policy = createPolicy((secret, nowMs) => {
      asked.push([secret, nowMs]);
      return consumer;
    });
    const exchange = createExchange('Host: a', 'X-API-Key: good');
    assert.equal(policy.onRequest?.(exchange), undefined);
    assert.equal(exchange.consumer, consumer);
    assert.deepEqual(asked, [['good', 7_000]]);
    assert.deepEqual(exchange.head.roles, [fieldRole.plain, fieldRole.hopByHop]);
  });

  test('passes the key on where the configuration says so', () => {
    const exchange = createExchange('X-API-Key: good');
    assert.equal(createPolicy(knowing('good'), { forward: true }).onRequest?.(exchange), undefined);
    assert.deepEqual(exchange.head.roles, [fieldRole.plain]);
  });

  test('takes a Bearer token for a key where there is no X-API-Key', () => {
    const policy = createPolicy(knowing('good'));
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const exchange = createExchange(`Authorization: ${scheme} good`);
      assert.equal(policy.onRequest?.(exchange), undefined);
      assert.equal(exchange.consumer, consumer);
    }
    const exchange = createExchange('Authorization: Basic good');
    assert.equal(policy.onRequest?.(exchange), undefined);
    assert.equal(exchange.consumer, null);
    const other = createExchange('Authorization: Bearer good');
    assert.equal(createPolicy(knowing('good'), { bearer: false }).onRequest?.(other), undefined);
    assert.equal(other.consumer, null);
  });

  test('refuses a wrong key, an empty one, two of them, and none where one is required', () => {
    const refusal = { code: 'invalid_api_key', fields: challenge };
    const policy = createPolicy(knowing('good'));
    for (const lines of [['X-API-Key: bad'], ['X-API-Key:'], ['X-API-Key: good', 'x-api-key: good']]) {
      const exchange = createExchange(...lines);
      assert.deepEqual(policy.onRequest?.(exchange), refusal);
      assert.equal(exchange.consumer, null);
    }
    assert.equal(policy.onRequest?.(createExchange()), undefined);
    const required = createPolicy(knowing('good'), { required: true });
    assert.deepEqual(required.onRequest?.(createExchange()), { code: 'api_key_required', fields: challenge });
  });

  test('waits only where the answer is not at hand, and then judges alike', async () => {
    const policy = createPolicy(async (secret) => knowing('good')(secret));
    const exchange = createExchange('X-API-Key: good');
    const verdict = policy.onRequest?.(exchange);
    assert.ok(verdict instanceof Promise);
    assert.equal(await verdict, undefined);
    assert.equal(exchange.consumer, consumer);
    assert.deepEqual(exchange.head.roles, [fieldRole.hopByHop]);
    assert.deepEqual(await policy.onRequest?.(createExchange('X-API-Key: bad')), {
      code: 'invalid_api_key',
      fields: challenge,
    });
  });

  test('neither lets a key in nor calls it wrong where the store cannot say', async () => {
    const policy = createPolicy(() => Promise.reject(new StoreUnavailableError('away')));
    const exchange = createExchange('X-API-Key: good');
    assert.deepEqual(await policy.onRequest?.(exchange), {
      code: 'key_store_unavailable',
      fields: [['Retry-After', '1']],
    });
    assert.equal(exchange.consumer, null);
  });

  test('does not take a mistake in the gateway for a lost store', async () => {
    const policy = createPolicy(() => Promise.reject(new TypeError('a mistake')));
    await assert.rejects(async () => policy.onRequest?.(createExchange('X-API-Key: good')), TypeError);
  });

  test('refuses a key whose permissions name neither the route nor a prefix of the path in whole segments', () => {
    const judge = (permissions: readonly string[]) =>
      createPolicy(() => ({ ...consumer, permissions })).onRequest?.(createExchange('X-API-Key: good'));
    for (const permission of [
      'users',
      '/api/users',
      '/api/users/',
      '/api/users/*',
      '/api',
      '/',
      '/*',
      '/api/users/7',
    ]) {
      assert.equal(judge(['other', permission]), undefined, permission);
    }
    for (const permission of ['user', 'USERS', '/api/user', '/api/users/70', '/api/users/7/', 'api/users', '']) {
      assert.deepEqual(judge([permission]), { code: 'permission_denied' }, permission);
    }
    assert.equal(judge([]), undefined);
  });
});
