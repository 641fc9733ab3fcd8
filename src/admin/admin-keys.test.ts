import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { createAdminBench, jsonPost, type AdminBench } from './fixtures/admin-bench.ts';

interface ShownKey {
  readonly id: string;
  readonly [field: string]: unknown;
}

async function createKey({ ask }: AdminBench, wanted: object): Promise<{ api_key: ShownKey; raw_key: string }> {
  const response = await ask('/admin/apikeys', jsonPost(wanted));
  assert.equal(response.status, 201);
  return ((await response.json()) as { data: { api_key: ShownKey; raw_key: string } }).data;
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  assert.equal(response.headers.get('Content-Type'), 'application/problem+json');
  assert.equal(response.headers.get('Cache-Control'), 'no-store');
  const problem = (await response.json()) as Record<string, unknown>;
  assert.equal(problem['status'], response.status);
  return problem;
}

test('a key is made, and its secret is shown this once', async () => {
  const bench = createAdminBench();
  const response = await bench.ask('/admin/apikeys', jsonPost({ name: 'my-app', rate_limit: 100 }));
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('Cache-Control'), 'no-store');
  const answer = (await response.json()) as { data: { api_key: ShownKey; raw_key: string } };
  const { id } = answer.data.api_key;
  assert.match(id, /^[0-9a-f]{16}$/);
  assert.match(answer.data.raw_key, /^sluice_[0-9A-Za-z]{49}$/);
  assert.deepEqual(answer, {
    status: 'success',
    message: "API key created. Save the raw_key - it won't be shown again!",
    data: {
      api_key: {
        id,
        name: 'my-app',
        rate_limit: 100,
        permissions: [],
        active: true,
        created_at: '2026-01-02T03:04:05.001Z',
        expires_at: null,
        revoked_at: null,
      },
      raw_key: answer.data.raw_key,
    },
  });
});

test('keys are listed newest first, without secret or digest', async () => {
  const bench = createAdminBench();
  const first = await createKey(bench, { name: 'first' });
  const second = await createKey(bench, {
    name: 'second',
    permissions: ['users', '/api/users'],
    expires_at: '2026-02-01T01:00:00+01:00',
  });
  const text = await (await bench.ask('/admin/apikeys')).text();
  const [stored] = await bench.view.keys.list();
  for (const secret of [first.raw_key, second.raw_key, stored?.sha256 ?? '']) assert.ok(!text.includes(secret));
  assert.deepEqual(JSON.parse(text), { status: 'success', data: [second.api_key, first.api_key] });
  assert.equal(second.api_key['expires_at'], '2026-02-01T00:00:00.000Z');
  assert.deepEqual(second.api_key['permissions'], ['users', '/api/users']);
});

test('a limit of 0, and null wherever it is taken, mean the usual', async () => {
  const bench = createAdminBench();
  const usual = { rate_limit: null, permissions: [], expires_at: null };
  for (const wanted of [{ rate_limit: 0 }, { rate_limit: null, permissions: null, expires_at: null }]) {
    const { api_key: key } = await createKey(bench, { name: 'app', ...wanted });
    assert.deepEqual({ ...key, ...usual }, key);
  }
});

test('a revoked key stays in the list and is not active', async () => {
  const bench = createAdminBench();
  const { api_key: key } = await createKey(bench, { name: 'app' });
  const response = await bench.ask(`/admin/apikeys/${key.id}/revoke`, { method: 'POST' });
  assert.equal(response.status, 200);
  const revoked = { ...key, active: false, revoked_at: '2026-01-02T03:04:05.000Z' };
  assert.deepEqual(await response.json(), {
    status: 'success',
    message: 'API key revoked',
    data: { api_key: revoked },
  });
  assert.deepEqual(await (await bench.ask('/admin/apikeys')).json(), { status: 'success', data: [revoked] });
});

test('a deleted key is gone', async () => {
  const bench = createAdminBench();
  const { api_key: key } = await createKey(bench, { name: 'app' });
  const response = await bench.ask(`/admin/apikeys/${key.id}`, { method: 'DELETE' });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: 'success', message: 'API key deleted', data: { id: key.id } });
  assert.deepEqual(await (await bench.ask('/admin/apikeys')).json(), { status: 'success', data: [] });
  assert.equal((await bench.ask(`/admin/apikeys/${key.id}`, { method: 'DELETE' })).status, 404);
});

test('an id that no key has is 404, and is not repeated', async () => {
  const { ask } = createAdminBench();
  for (const [method, path] of [
    ['POST', '/admin/apikeys/nosuchkey/revoke'],
    ['DELETE', '/admin/apikeys/nosuchkey'],
  ] as const) {
    const problem = await problemOf(await ask(path, { method }));
    assert.deepEqual([problem['status'], problem['code']], [404, 'not_found']);
    assert.doesNotMatch(JSON.stringify(problem), /nosuchkey/);
  }
});

test('each wrong field is named, and nothing of the body is repeated', async () => {
  const { ask, view } = createAdminBench();
  const cases: readonly (readonly [unknown, string])[] = [
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: '  ' }, 'name'],
    [{ name: 'line\nfeed' }, 'name'],
    [{ name: 'x'.repeat(129) }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: 'app', rate_limit: -1 }, 'rate_limit'],
    [{ name: 'app', rate_limit: 1.5 }, 'rate_limit'],
    [{ name: 'app', rate_limit: '5' }, 'rate_limit'],
    [{ name: 'app', rate_limit: 1e300 }, 'rate_limit'],
    [{ name: 'app', permissions: 'users' }, 'permissions'],
    [{ name: 'app', permissions: ['users', 'not a name'] }, 'permissions.1'],
    [{ name: 'app', permissions: Array.from({ length: 101 }, () => 'a') }, 'permissions'],
    [{ name: 'app', expires_at: 'tomorrow' }, 'expires_at'],
    [{ name: 'app', expires_at: '2026-01-02T03:04:05' }, 'expires_at'],
    [{ name: 'app', expires_at: '2026-01-02T03:04:05Z' }, 'expires_at'],
    [{ name: 'app', expire_at: '2027-01-01T00:00:00Z' }, 'expire_at'],
    [{ name: 'app', 'rate_limt\n': 1 }, 'body'],
    [{ name: 'app', zzzzzz: 1 }, 'body'],
    [[], 'body'],
    [null, 'body'],
    ['"text"', 'body'],
  ];
  for (const [body, field] of cases) {
    const problem = await problemOf(await ask('/admin/apikeys', jsonPost(body)));
    const said = JSON.stringify(body);
    assert.deepEqual([problem['status'], problem['code']], [400, 'invalid_body'], said);
    const [error] = problem['errors'] as { field: string; message: string }[];
    assert.equal(error?.field, field, said);
    assert.ok(String(problem['detail']).startsWith(`${field}: ${error?.message}`), said);
    assert.doesNotMatch(JSON.stringify(problem), /zzzzzz|tomorrow|not a name/);
  }
  assert.deepEqual(await view.keys.list(), []);
});

test('a misspelled name of a field is told beside what was meant, and what is missing besides', async () => {
  const { ask } = createAdminBench();
  const detailOf = async (path: string, body: object) => (await problemOf(await ask(path, jsonPost(body))))['detail'];
  const known = 'name, rate_limit, permissions, expires_at';
  assert.equal(
    await detailOf('/admin/apikeys', { rate_limt: 5 }),
    'rate_limt: unknown field; did you mean "rate_limit"? name: is required.',
  );
  assert.equal(
    await detailOf('/admin/apikeys', { nme: 'app', zzzzzz: 1 }),
    `nme: unknown field; did you mean "name"? body: it has a field that is not known; the fields are ${known}.`,
  );
  assert.equal(
    await detailOf('/admin/explain', { metod: 'GET' }),
    'metod: unknown field; did you mean "method"? url: is required.',
  );
  assert.equal(await detailOf('/admin/explain', { method: 1 }), 'method: expected a text. url: is required.');
  assert.equal(await detailOf('/admin/explain', []), 'body: expected an object.');
});

test('a permission that names no route is taken, with a warning', async () => {
  const bench = createAdminBench();
  const { ask } = bench;
  const warningsOf = async (permissions: readonly string[]) => {
    const response = await ask('/admin/apikeys', jsonPost({ name: 'app', permissions }));
    assert.equal(response.status, 201);
    return ((await response.json()) as { warnings?: string[] }).warnings;
  };
  assert.equal(await warningsOf(['pets', '/nowhere']), undefined);
  const unknown = 'no route of this gateway has this name, so it permits nothing here';
  assert.deepEqual(await warningsOf(['pets', 'nope', 'pet']), [
    `permissions.1: ${unknown}; a prefix of a path begins with "/"`,
    `permissions.2: ${unknown}; did you mean "pets"?`,
  ]);
});

test('all fields that are wrong are told at once, but never more than a page', async () => {
  const { ask } = createAdminBench();
  const two = await problemOf(await ask('/admin/apikeys', jsonPost({ name: '', rate_limit: 'x' })));
  const fieldsOf = (problem: Record<string, unknown>) =>
    (problem['errors'] as { field: string }[]).map((it) => it.field);
  assert.deepEqual(fieldsOf(two), ['name', 'rate_limit']);
  const wrong = Array.from({ length: 90 }, () => ' ');
  const unknown = Object.fromEntries(wrong.map((_, index) => [`unknown-field-${index}`, 1]));
  const many = await problemOf(await ask('/admin/apikeys', jsonPost({ name: 'a', permissions: wrong, ...unknown })));
  assert.equal(fieldsOf(many).length, 20);
});

test('a body that is not JSON is 400', async () => {
  const { ask } = createAdminBench();
  for (const body of ['', '{', 'name=app', '{"name":"app"} x']) {
    const problem = await problemOf(await ask('/admin/apikeys', jsonPost(body)));
    assert.deepEqual([problem['status'], problem['code']], [400, 'invalid_body'], body);
  }
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'application/xml']) {
    const init = { method: 'POST', body: '{"name":"app"}', headers: { 'Content-Type': type } };
    const problem = await problemOf(await ask('/admin/apikeys', init));
    assert.deepEqual([problem['status'], problem['code']], [400, 'invalid_body'], type);
  }
});

test('a body may have 64 KiB and no more, whether its length is stated or not', async () => {
  const { ask } = createAdminBench();
  const bodyOf = (bytes: number) => `{"name":"app"}${' '.repeat(bytes - 14)}`;
  assert.equal((await ask('/admin/apikeys', jsonPost(bodyOf(65_536)))).status, 201);
  const large = jsonPost(bodyOf(65_537));
  const stated = { ...large, headers: { ...large.headers, 'Content-Length': '65537' } };
  for (const init of [large, stated]) {
    const problem = await problemOf(await ask('/admin/apikeys', init));
    assert.deepEqual([problem['status'], problem['code']], [413, 'body_too_large']);
  }
});

test('a wrong method is 405, and Allow names the right ones', async () => {
  const { ask } = createAdminBench();
  const cases: readonly (readonly [string, string, string])[] = [
    ['PUT', '/admin/apikeys', 'GET, HEAD, POST'],
    ['GET', '/admin/apikeys/0123456789abcdef', 'DELETE'],
    ['GET', '/admin/apikeys/0123456789abcdef/revoke', 'POST'],
    ['POST', '/admin/circuit-breakers', 'GET, HEAD'],
    ['DELETE', '/admin/circuit-breakers/reset', 'POST'],
    ['PATCH', '/admin/circuit-breakers/pets/reset', 'POST'],
    ['POST', '/admin/openapi.json', 'GET, HEAD'],
  ];
  for (const [method, path, allow] of cases) {
    const response = await ask(path, { method });
    assert.equal(response.headers.get('Allow'), allow, path);
    const problem = await problemOf(response);
    assert.deepEqual([problem['status'], problem['code']], [405, 'method_not_allowed'], path);
  }
});

test('a store that is away is 503 with Retry-After', async () => {
  const { ask, view, logged } = createAdminBench();
  Object.assign(view.keys, { list: () => Promise.reject(new StoreUnavailableError('redis://secret is away')) });
  const response = await ask('/admin/apikeys');
  assert.equal(response.headers.get('Retry-After'), '1');
  const problem = await problemOf(response);
  assert.deepEqual([problem['status'], problem['code']], [503, 'key_store_unavailable']);
  assert.doesNotMatch(JSON.stringify(problem), /secret/);
  assert.deepEqual(
    logged.map(({ level }) => level),
    ['warn'],
  );
});
