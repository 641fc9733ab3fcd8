import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';

describe('several limits on one route', () => {
  test('each bite, and the answer tells of the one that has the least left', async (t) => {
    const target = await startRecordingTarget(t);
    const policies = [
      { rate_limit: { by: 'ip', limit: '10/h' } },
      { rate_limit: { by: 'header:X-Tenant', limit: '3/h', name: 'tenant' } },
      { rate_limit: { by: 'route', limit: '6/h' } },
    ];
    const { port } = await startGateway(t, { ...documentFor([target.url]), policies });
    const ask = (tenant: string) => rawRequest(t, port, requestText('GET', '/', { 'X-Tenant': tenant }));
    const left = async (tenant: string) => {
      const response = await ask(tenant);
      return [response.field('x-ratelimit-limit'), response.field('x-ratelimit-remaining'), response.status];
    };
    assert.deepEqual(await left('a'), ['3', '2', 200]);
    assert.deepEqual(await left('a'), ['3', '1', 200]);
    assert.deepEqual(await left('b'), ['3', '2', 200]);
    assert.deepEqual(await left('a'), ['3', '0', 200]);
    const refused = await ask('a');
    assertProblem(refused, 'rate_limited');
    assert.equal(refused.field('x-ratelimit-limit'), '3');
    assert.deepEqual(await left('c'), ['6', '1', 200]);
    assert.deepEqual(await left('d'), ['6', '0', 200]);
    assert.deepEqual(await left('e'), ['6', '0', 429]);
    assert.equal(target.requests.length, 6);
  });

  test('are all listed in the fields that are lists', async (t) => {
    const target = await startRecordingTarget(t);
    const policies = [
      { rate_limit: { by: 'ip', limit: '10/h' } },
      { rate_limit: { by: 'ip', limit: '100/d', name: 'daily' } },
    ];
    const { port } = await startGateway(t, { ...documentFor([target.url]), policies });
    const response = await rawRequest(t, port, requestText('GET', '/'));
    assert.deepEqual(response.all('ratelimit-policy'), ['"ip";q=10;w=3600', '"daily";q=100;w=86400']);
    assert.deepEqual(response.all('ratelimit'), ['"ip";r=9;t=360', '"daily";r=99;t=864']);
    for (const name of ['limit', 'remaining', 'reset']) assert.equal(response.all(`x-ratelimit-${name}`).length, 1);
  });

  test('of all routes count each route for itself where they count by route', async (t) => {
    const target = await startRecordingTarget(t);
    const document = {
      ...documentFor([target.url]),
      policies: [{ rate_limit: { by: 'route', limit: '1/h' } }],
      routes: ['a', 'b'].map((name) => ({ name, match: { path: `/${name}` }, upstream: 'backends' })),
    };
    const { port } = await startGateway(t, document);
    const status = async (route: string) => (await rawRequest(t, port, requestText('GET', `/${route}`))).status;
    assert.deepEqual([await status('a'), await status('b'), await status('a')], [200, 200, 429]);
  });
});

describe('a limit by header', () => {
  test('counts requests without the field, or with an empty one, by address', async (t) => {
    const target = await startRecordingTarget(t);
    const policies = [{ rate_limit: { by: 'header:X-Tenant', limit: '1/h' } }];
    const document = { ...documentFor([target.url]), policies, trusted_proxies: ['127.0.0.1'] };
    const { port } = await startGateway(t, document);
    const status = async (ip: string, tenant?: string) => {
      const fields = { 'X-Forwarded-For': ip, ...(tenant === undefined ? {} : { 'x-TENANT': tenant }) };
      return (await rawRequest(t, port, requestText('GET', '/', fields))).status;
    };
    assert.equal(await status('192.0.2.1'), 200);
    assert.equal(await status('192.0.2.1', ''), 429);
    assert.equal(await status('192.0.2.2'), 200);
    // A value that looks like an address is no address.
    assert.equal(await status('192.0.2.3', '192.0.2.4'), 200);
    assert.equal(await status('192.0.2.4'), 200);
  });
});

describe('a limit that is only tried out', () => {
  test('refuses nothing, says nothing, and is counted and logged', async (t) => {
    const target = await startRecordingTarget(t);
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'access.log');
    const policies = [
      { rate_limit: { by: 'ip', limit: '1/h', shadow: true } },
      { ip_deny: { ranges: ['127.0.0.0/8'], shadow: true } },
    ];
    const { port, metricsWhere } = await startGateway(t, {
      ...documentFor([target.url]),
      access_log: { file },
      policies,
    });
    for (let turn = 0; turn < 3; turn += 1) {
      const response = await rawRequest(t, port, requestText('GET', '/'));
      assert.equal(response.status, 200);
      assert.ok(!response.fields.some(([name]) => /ratelimit/i.test(name)));
    }
    // The first policy that would have refused is the one that would have ended the request.
    const page = await metricsWhere(
      ({ sum }) => sum('gateway_shadow_refusals_total', { path: '/*', code: 'rate_limited' }) === 2,
    );
    assert.equal(page.sum('gateway_shadow_refusals_total', { code: 'ip_not_allowed' }), 1);
    assert.equal(page.sum('gateway_refusals_total'), 0);
    const lines = await waitUntil('three lines of the log', () => {
      const written = readFileSync(file, 'utf8').trimEnd().split('\n');
      return written.length === 3 && written.map((line) => (JSON.parse(line) as { shadow?: string }).shadow);
    });
    assert.deepEqual(lines, ['ip_not_allowed', 'rate_limited', 'rate_limited']);
  });
});
