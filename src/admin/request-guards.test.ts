import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('a page of the gateway itself, a program and a reader are let by', async () => {
  const { ask } = createAdminBench();
  const own: readonly Record<string, string>[] = [
    {},
    { Origin: 'http://gw.test' },
    { Origin: 'https://gw.test', 'Sec-Fetch-Site': 'same-origin' },
    { 'Sec-Fetch-Site': 'none' },
  ];
  for (const headers of own) {
    assert.equal((await ask(reset, { method: 'POST', headers })).status, 200, JSON.stringify(headers));
  }
  const reader = await ask('/admin/apikeys', { headers: { Origin: 'http://evil.test' } });
  assert.equal(reader.status, 200);
  // The page that asks is not shown the answer.
  assert.equal(reader.headers.get('Access-Control-Allow-Origin'), null);
});

test('what needs no body may have none, or one of JSON, but not that of a form', async () => {
  const { ask } = createAdminBench();
  assert.equal((await ask(reset, { method: 'POST', headers: { 'Content-Length': '0' } })).status, 200);
  assert.equal((await ask(reset, jsonPost({}))).status, 200);
  const form = await ask(reset, { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
  assert.equal(form.status, 400);
});
