import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAdminApp } from './admin-app.ts';
import { createTestView } from './fixtures/test-view.ts';
import { basicField, createAdminBench, jsonPost, testCredentials } from './fixtures/admin-bench.ts';

const reset = '/admin/circuit-breakers/reset';

test('a page of another site changes nothing, even with the right credentials', async () => {
  const { ask, logged, view } = createAdminBench({ auth: testCredentials });
  const foreign: readonly Record<string, string>[] = [
    { Origin: 'http://evil.test' },
    { Origin: 'http://gw.test:8080' },
    { Origin: 'http://gw.test.evil.test' },
    { Origin: 'null' },
    { Origin: '' },
    { Origin: 'http://gw.test', 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ];
  for (const headers of foreign) {
    for (const Authorization of [basicField(testCredentials), basicField({ username: 'a', password: 'b' })]) {
      const post = jsonPost({ name: 'app' });
      const init = { ...post, headers: { ...post.headers, ...headers, Authorization } };
      const response = await ask('/admin/apikeys', init);
      assert.equal(response.status, 403, JSON.stringify(headers));
      assert.equal(response.headers.get('WWW-Authenticate'), null);
      assert.equal(((await response.json()) as { code: string }).code, 'cross_site_request');
    }
  }
  assert.deepEqual(await view.keys.list(), []);
  // Nor can it make its visitors wait.
  assert.deepEqual(logged, []);
});

test('a page of the gateway itself, a program and who follows a link are let by', async () => {
  const { ask } = createAdminBench({ auth: testCredentials });
  const Authorization = basicField(testCredentials);
  const own: readonly Record<string, string>[] = [
    {},
    { Origin: 'http://gw.test' },
    { Origin: 'https://gw.test', 'Sec-Fetch-Site': 'same-origin' },
    { 'Sec-Fetch-Site': 'none' },
  ];
  for (const headers of own) {
    const response = await ask(reset, { method: 'POST', headers: { ...headers, Authorization } });
    assert.equal(response.status, 200, JSON.stringify(headers));
  }
  const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  assert.equal((await ask('/admin/apikeys', { headers: { ...link, Authorization } })).status, 200);
});

test('a page of another site reads nothing, whichever way it asks', async () => {
  const { ask } = createAdminBench();
  const foreign: readonly Record<string, string>[] = [
    { Origin: 'http://evil.test' },
    { Origin: 'http://evil.test', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' },
    { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'script' },
    { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
    { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' },
  ];
  for (const headers of foreign) {
    const response = await ask('/admin/apikeys', { headers });
    assert.equal(response.status, 403, JSON.stringify(headers));
    assert.equal(response.headers.get('Access-Control-Allow-Origin'), null);
  }
  const preflight = { Origin: 'http://evil.test', 'Access-Control-Request-Method': 'POST' };
  const response = await ask('/admin/apikeys', { method: 'OPTIONS', headers: preflight });
  assert.equal(response.status, 403);
  assert.equal(response.headers.get('Access-Control-Allow-Origin'), null);
});

test("where no credentials are asked for, a page changes nothing under a name that may be anybody's", async () => {
  const origin = { Origin: 'http://gw.test' };
  const open = createAdminBench();
  assert.equal((await open.ask(reset, { method: 'POST', headers: origin })).status, 403);
  const named = createAdminBench({ hosts: ['gw.test'] });
  assert.equal((await named.ask(reset, { method: 'POST', headers: origin })).status, 200);
});

test('by way of a worker, names are looked at for /admin alone, and only where some are listed', async () => {
  const listed = createAdminBench({ hosts: ['gateway.internal'] });
  for (const path of ['/admin', '/admin/apikeys']) {
    const response = await listed.ask(path);
    assert.equal(response.status, 421, path);
    assert.equal(((await response.json()) as { code: string }).code, 'unknown_admin_host');
  }
  for (const path of ['/health', '/metrics', '/livez']) assert.equal((await listed.ask(path)).status, 200, path);
  assert.equal((await createAdminBench().ask('/admin/apikeys')).status, 200);
});

test('an address of its own answers under names that nobody else can have', async () => {
  const { view } = createTestView({ admin: { address: 'Admin.Example:9901', hosts: ['Gateway.Internal'] } });
  const app = createAdminApp({ view, logger: { log: () => {} }, direct: true });
  const statusOf = async (path: string, host: string): Promise<number> =>
    (await app.request(path, { headers: { Host: host } })).status;
  const known = [
    '',
    '127.0.0.1:9901',
    '127.0.0.1',
    '[::1]:9901',
    '192.0.2.7',
    'localhost:9901',
    'LOCALHOST',
    'sluice:9901',
    'gateway.internal',
    'GATEWAY.internal:9901',
    'gateway.internal.:9901',
    'admin.example:9901',
  ];
  const foreign = [
    'evil.test',
    'evil.test:9901',
    'gateway.internal.evil.test',
    'x.gateway.internal',
    '127.0.0.1.evil.test',
    'localhost@evil.test',
    'evil.test/localhost',
    'localhost, evil.test',
    '127.0.0.1:99999',
    '[::1',
  ];
  for (const path of ['/health', '/metrics', '/info', '/services/health', '/admin/apikeys', '/nothing']) {
    for (const host of known) assert.notEqual(await statusOf(path, host), 421, `${path} ${host}`);
    for (const host of foreign) assert.equal(await statusOf(path, host), 421, `${path} ${host}`);
  }
  for (const path of ['/livez', '/readyz']) assert.notEqual(await statusOf(path, 'evil.test'), 421, path);
});

test('every answer of the endpoints says that it is nothing to be kept, guessed at, framed or handed to others', async () => {
  const { ask } = createAdminBench({ auth: testCredentials });
  for (const path of ['/health', '/metrics', '/info', '/livez', '/admin/apikeys', '/admin', '/nothing']) {
    const { headers } = await ask(path);
    assert.deepEqual(
      {
        cache: headers.get('Cache-Control'),
        sniffing: headers.get('X-Content-Type-Options'),
        resources: headers.get('Cross-Origin-Resource-Policy'),
        opener: headers.get('Cross-Origin-Opener-Policy'),
        referrer: headers.get('Referrer-Policy'),
      },
      {
        cache: 'no-store',
        sniffing: 'nosniff',
        resources: 'same-origin',
        opener: 'same-origin',
        referrer: 'no-referrer',
      },
      path,
    );
    assert.match(headers.get('Content-Security-Policy') ?? '', /^default-src 'none'; frame-ancestors 'none'/);
  }
});

test('what needs no body may have none, or one of JSON, but not that of a form', async () => {
  const { ask } = createAdminBench();
  assert.equal((await ask(reset, { method: 'POST', headers: { 'Content-Length': '0' } })).status, 200);
  assert.equal((await ask(reset, jsonPost({}))).status, 200);
  const form = await ask(reset, { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
  assert.equal(form.status, 400);
});
