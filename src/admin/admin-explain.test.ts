import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAdminApp } from './admin-app.ts';
import { createTestView, testExplanation } from './fixtures/test-view.ts';

const silent = { log: () => undefined };

function createAsked(more: object = {}) {
  const { view, told } = createTestView(more);
  const app = createAdminApp({ view, logger: silent, direct: true });
  const ask = async (body: unknown, headers: Record<string, string> = {}) =>
    await app.request('/admin/explain', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  return { ask, told };
}

describe('POST /admin/explain', () => {
  test('answers with the explanation as it is', async () => {
    const { ask, told } = createAsked();
    const response = await ask({
      method: 'POST',
      url: 'http://a.example/pets?x=1',
      headers: [['Accept', 'text/html']],
      client_ip: '192.0.2.1',
      body_bytes: 12,
    });
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), testExplanation);
    assert.deepEqual(told.asked, [
      {
        method: 'POST',
        url: 'http://a.example/pets?x=1',
        headers: [['Accept', 'text/html']],
        clientIp: '192.0.2.1',
        bodyBytes: 12,
      },
    ]);
  });

  test('takes a client on this machine without a body where nothing else is said', async () => {
    const { ask, told } = createAsked();
    assert.equal((await ask({ method: 'GET', url: '/pets' })).status, 200);
    assert.deepEqual(told.asked, [
      { method: 'GET', url: '/pets', headers: [], clientIp: '127.0.0.1', bodyBytes: null },
    ]);
  });

  const wrong: readonly [why: string, body: unknown, detail: RegExp][] = [
    ['no URL', { method: 'GET' }, /url/],
    ['a URL that is none', { method: 'GET', url: 'pets' }, /The URL has to begin with http:\/\/ or with the slash/],
    ['an address that is none', { method: 'GET', url: '/', client_ip: 'me' }, /IP address/],
    ['a line end in a header', { method: 'GET', url: '/', headers: [['A', 'b\r\nC: d']] }, /line end/],
    ['an unknown field', { method: 'GET', url: '/', header: [] }, /headers/],
  ];
  for (const [why, body, detail] of wrong) {
    test(`refuses ${why}, and says what to put right`, async () => {
      const { ask, told } = createAsked();
      const response = await ask(body);
      assert.equal(response.status, 400);
      const problem = (await response.json()) as { code: string; detail: string };
      assert.equal(problem.code, 'invalid_body');
      assert.match(problem.detail, detail);
      assert.deepEqual(told.asked, []);
    });
  }

  test('is behind the credentials of the admin API, and behind its guard against other sites', async () => {
    const { ask, told } = createAsked({ admin: { address: 'main', auth: { password: 'a-password' } } });
    const question = { method: 'GET', url: '/pets' };
    assert.equal((await ask(question)).status, 401);
    const Authorization = `Basic ${Buffer.from('admin:a-password').toString('base64')}`;
    assert.equal((await ask(question, { Authorization, 'Sec-Fetch-Site': 'cross-site' })).status, 403);
    assert.deepEqual(told.asked, []);
    assert.equal((await ask(question, { Authorization })).status, 200);
  });
});
