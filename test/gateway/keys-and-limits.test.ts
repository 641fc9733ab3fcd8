import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

const keys = [
  { name: 'first', secret: 'key-one' },
  { name: 'second', secret: 'key-two' },
];

/** What the flags door makes: a key is optional, and a request is counted by its key or, without one, by its address. */
function limited(targets: readonly string[], perAddress: number, perKey: number): object {
  return {
    ...documentFor(targets),
    trusted_proxies: ['127.0.0.1'],
    keys,
    policies: [
      { api_key: { bearer: false } },
      { rate_limit: { by: 'ip', limit: `${perAddress}/h`, anonymous_only: true } },
      { rate_limit: { by: 'key', limit: `${perKey}/h` } },
    ],
  };
}

function from(ip: string, fields: Readonly<Record<string, string>> = {}): string {
  return requestText('GET', '/', { 'X-Forwarded-For': ip, ...fields });
}

describe('an API key', () => {
  test('that is wrong is 401, whatever else the request is, and no target sees it', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, limited([target.url], 100, 100));
    for (const key of ['', 'key-on', 'key-one ', 'key-onee', 'KEY-ONE', '\xff']) {
      const response = await rawRequest(t, port, requestText('GET', '/', { 'X-API-Key': `${key}!` }));
      assertProblem(response, 'invalid_api_key');
      assert.match(response.field('www-authenticate') ?? '', /ApiKey/);
    }
    const twice = 'GET / HTTP/1.1\r\nHost: a\r\nX-API-Key: key-one\r\nX-API-Key: key-one\r\n\r\n';
    assertProblem(await rawRequest(t, port, twice), 'invalid_api_key');
    assert.equal(target.requests.length, 0);
  });

  test('that is right is not passed on, in any spelling of its field', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, limited([target.url], 100, 100));
    for (const name of ['X-API-Key', 'x-api-key', 'X-Api-KEY']) {
      assert.equal((await rawRequest(t, port, requestText('GET', '/', { [name]: 'key-one' }))).status, 200);
    }
    assert.equal(target.requests.length, 3);
    assert.ok(!JSON.stringify(target.requests).includes('key-one'));
  });

  test('is taken from a Bearer token where that is asked for, and another scheme is left alone', async (t) => {
    const target = await startRecordingTarget(t);
    const policies = [{ api_key: { required: true } }];
    const { port } = await startGateway(t, { ...documentFor([target.url]), keys, policies });
    const ask = async (value: string) => rawRequest(t, port, requestText('GET', '/', { Authorization: value }));
    assert.equal((await ask('Bearer key-two')).status, 200);
    assert.equal(target.requests.at(-1)?.headers.authorization, undefined);
    assertProblem(await ask('Bearer key-three'), 'invalid_api_key');
    assertProblem(await ask('Basic a2V5LXR3bw=='), 'api_key_required');
    const both = requestText('GET', '/', { 'X-API-Key': 'key-one', Authorization: 'Bearer of-the-target' });
    assert.equal((await rawRequest(t, port, both)).status, 200);
    assert.equal(target.requests.at(-1)?.headers.authorization, 'Bearer of-the-target');
    const same = requestText('GET', '/', { 'X-API-Key': 'key-one', Authorization: 'Bearer key-one' });
    assert.equal((await rawRequest(t, port, same)).status, 200);
    assert.equal(target.requests.at(-1)?.headers.authorization, undefined);
  });
});

describe('a limit', () => {
  test('lets exactly its number through, whichever of two workers the requests meet, all at once', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, { ...limited([target.url], 40, 100), workers: 2 });
    const clients = await Promise.all(Array.from({ length: 32 }, () => RawClient.connect(t, port)));
    const answers = await Promise.all(
      clients.map(async (client) => {
        const statuses: number[] = [];
        for (let asked = 0; asked < 4; asked++) statuses.push((await client.ask(from('192.0.2.7'), 'GET')).status);
        return statuses;
      }),
    );
    const statuses = answers.flat();
    assert.equal(statuses.filter((status) => status === 200).length, 40);
    assert.equal(statuses.filter((status) => status === 429).length, 88);
    assert.equal(target.requests.length, 40);
  });

  test('counts a key apart from the address that it comes from, and each key by itself', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, limited([target.url], 1, 2));
    const statusOf = async (fields: Readonly<Record<string, string>>) =>
      (await rawRequest(t, port, from('192.0.2.8', fields))).status;
    assert.deepEqual([await statusOf({}), await statusOf({})], [200, 429]);
    const one = { 'X-API-Key': 'key-one' };
    assert.deepEqual([await statusOf(one), await statusOf(one), await statusOf(one)], [200, 200, 429]);
    assert.equal(await statusOf({ 'X-API-Key': 'key-two' }), 200);
  });

  test('counts IPv6 clients by their first 64 bits, and IPv4 ones one by one', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, limited([target.url], 1, 1));
    const statusOf = async (ip: string) => (await rawRequest(t, port, from(ip))).status;
    assert.equal(await statusOf('2001:db8:1:2::1'), 200);
    assert.equal(await statusOf('2001:db8:1:2:ffff:ffff:ffff:ffff'), 429);
    assert.equal(await statusOf('2001:0DB8:0001:0002::9'), 429);
    assert.equal(await statusOf('2001:db8:1:3::1'), 200);
    assert.equal(await statusOf('192.0.2.1'), 200);
    assert.equal(await statusOf('192.0.2.2'), 200);
    assert.equal(await statusOf('::ffff:192.0.2.2'), 429);
  });

  test('is told on answers that pass and on those that do not', async (t) => {
    const target = await startRecordingTarget(t, (response) => {
      response.setHeader('X-RateLimit-Limit', 'of the target').setHeader('RateLimit', 'of the target').end();
    });
    const { port } = await startGateway(t, limited([target.url], 2, 1));
    const before = Math.floor(Date.now() / 1000);
    const passed = await rawRequest(t, port, from('192.0.2.9'));
    assert.equal(passed.field('x-ratelimit-limit'), '2');
    assert.equal(passed.field('x-ratelimit-remaining'), '1');
    const reset = Number(passed.field('x-ratelimit-reset'));
    assert.ok(reset >= before + 1799 && reset <= before + 1803, `reset ${reset - before} s ahead`);
    assert.equal(passed.field('ratelimit-policy'), '"ip";q=2;w=3600');
    assert.match(passed.field('ratelimit') ?? '', /^"ip";r=1;t=(1800|1799)$/);
    await rawRequest(t, port, from('192.0.2.9'));
    const refused = await rawRequest(t, port, from('192.0.2.9'));
    assertProblem(refused, 'rate_limited');
    assert.equal(refused.field('x-ratelimit-remaining'), '0');
    assert.match(refused.field('retry-after') ?? '', /^(1800|1799)$/);
  });

  test('is not drawn by the gateway’s own endpoints', async (t) => {
    const target = await startRecordingTarget(t);
    const document = { ...limited([target.url], 1, 1), admin: { address: 'main' } };
    const { port } = await startGateway(t, document);
    for (let asked = 0; asked < 3; asked++) {
      const response = await rawRequest(t, port, requestText('GET', '/health', { 'X-Forwarded-For': '192.0.2.3' }));
      assert.equal(response.status, 200);
      assert.equal(response.field('x-ratelimit-limit'), undefined);
    }
    assert.equal((await rawRequest(t, port, from('192.0.2.3'))).status, 200);
  });
});
