import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basicField, createAdminBench, jsonPost, testCredentials, type AdminBench } from './fixtures/admin-bench.ts';

const right = basicField(testCredentials);
const wrong = basicField({ ...testCredentials, password: 'wrong' });
const path = '/admin/apikeys';

function createBench(more: { trusted_proxies?: string[] } = {}): AdminBench {
  return createAdminBench({ ...more, auth: testCredentials });
}

async function tryField({ ask }: AdminBench, field: string | undefined, ip?: string): Promise<Response> {
  return await ask(path, {
    ...(ip === undefined ? {} : { ip }),
    headers: field === undefined ? {} : { Authorization: field },
  });
}

async function assertRefused(response: Response, status: number, code: string): Promise<void> {
  assert.equal(response.status, status);
  assert.equal(response.headers.get('Cache-Control'), 'no-store');
  assert.equal(((await response.json()) as { code: string }).code, code);
}

test('the right credentials are let in, everything else is challenged', async () => {
  assert.equal((await tryField(createBench(), right)).status, 200);
  const fields = [
    undefined,
    wrong,
    basicField({ ...testCredentials, username: 'root' }),
    basicField({ username: '', password: '' }),
    'Basic',
    'Basic ????',
    `Basic ${Buffer.from('no colon').toString('base64')}`,
    `Bearer ${right.slice(6)}`,
    `${right}, ${right}`,
  ];
  for (const field of fields) {
    const response = await tryField(createBench(), field);
    const challenge = response.headers.get('WWW-Authenticate');
    assert.equal(challenge, 'Basic realm="sluice admin", charset="UTF-8"', field ?? 'no field');
    await assertRefused(response, 401, 'admin_unauthorized');
  }
});

test('a password in another encoding than UTF-8 is not taken for another one', async () => {
  const latin1 = Buffer.from(`${testCredentials.username}:${testCredentials.password}`, 'latin1');
  await assertRefused(await tryField(createBench(), `Basic ${latin1.toString('base64')}`), 401, 'admin_unauthorized');
});

test('nothing under /admin is told or done without credentials, not even whether it exists', async () => {
  const { ask, view } = createBench();
  const { key } = await view.keys.create({ name: 'app', rateLimit: null, permissions: [], expiresAt: null });
  const requests: readonly (readonly [string, string])[] = [
    ['GET', '/admin'],
    ['GET', '/admin/'],
    ['GET', '/admin/unknown'],
    ['PUT', '/admin/apikeys'],
    ['HEAD', '/admin/apikeys'],
    ['OPTIONS', '/admin/apikeys'],
    ['GET', '/admin/openapi.json'],
    ['GET', '/admin/circuit-breakers'],
    ['POST', '/admin/circuit-breakers/reset'],
    ['POST', `/admin/apikeys/${key.id}/revoke`],
    ['DELETE', `/admin/apikeys/${key.id}`],
  ];
  for (const [method, where] of requests)
    assert.equal((await ask(where, { method })).status, 401, `${method} ${where}`);
  assert.equal((await ask(path, jsonPost('x'.repeat(70_000)))).status, 401);
  assert.deepEqual(await view.keys.list(), [key]);
  for (const open of ['/health', '/metrics', '/info', '/livez']) assert.equal((await ask(open)).status, 200, open);
});

test('without credentials in the configuration everybody is let in', async () => {
  const bench = createAdminBench();
  assert.equal((await tryField(bench, undefined)).status, 200);
  assert.equal((await tryField(bench, wrong)).status, 200);
});

test('a failure is logged with the IP of the client and without anything that it sent', async () => {
  const bench = createBench({ trusted_proxies: ['10.0.0.0/8'] });
  await tryField(bench, wrong, '203.0.113.9, 10.0.0.7');
  await tryField(bench, 'Basic ????', '203.0.113.9, 10.0.0.7');
  await tryField(bench, undefined, '2001:db8::1');
  const events = bench.logged.map(({ fields, ...rest }) => {
    const { requestId, ...others } = fields;
    assert.match(String(requestId), /^[0-9a-f-]{36}$/);
    return { ...rest, fields: others };
  });
  const event = { level: 'warn', message: 'admin credentials were refused' };
  assert.deepEqual(events, [
    { ...event, fields: { clientIp: '203.0.113.9', reason: 'they are wrong', failures: 1, waitMs: 0 } },
    { ...event, fields: { clientIp: '203.0.113.9', reason: 'they are not well-formed', failures: 2, waitMs: 0 } },
    { ...event, fields: { clientIp: '2001:db8::1', reason: 'none were sent' } },
  ]);
});

test('requests without credentials guess nothing: they are logged once a minute, and nobody has to wait for them', async () => {
  const bench = createBench();
  for (let count = 0; count < 20; count += 1) assert.equal((await tryField(bench, undefined)).status, 401);
  assert.equal(bench.logged.length, 1);
  bench.told.nowMs += 60_000;
  await tryField(bench, undefined);
  assert.equal(bench.logged.length, 2);
  assert.equal((await tryField(bench, right)).status, 200);
});

test('who fails too often has to wait, whatever is sent meanwhile, and then gets one try', async () => {
  const bench = createBench();
  for (let count = 0; count < 5; count += 1) assert.equal((await tryField(bench, wrong)).status, 401);
  for (const field of [wrong, right, 'Basic ????']) {
    const response = await tryField(bench, field);
    assert.equal(response.headers.get('Retry-After'), '1');
    await assertRefused(response, 429, 'too_many_attempts');
  }
  assert.equal(bench.logged.length, 5);
  bench.told.nowMs += 1_000;
  assert.equal((await tryField(bench, wrong)).status, 401);
  const response = await tryField(bench, right);
  assert.equal(response.headers.get('Retry-After'), '2');
  await assertRefused(response, 429, 'too_many_attempts');
  bench.told.nowMs += 2_000;
  assert.equal((await tryField(bench, right)).status, 200);
  // And all is forgiven.
  for (let count = 0; count < 4; count += 1) assert.equal((await tryField(bench, wrong)).status, 401);
  assert.equal((await tryField(bench, right)).status, 200);
});

test('a thousand guesses at once are five guesses', async () => {
  const bench = createBench();
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => tryField(bench, wrong)));
  assert.equal(answers.filter(({ status }) => status === 401).length, 5);
  assert.equal(answers.filter(({ status }) => status === 429).length, 995);
});

test('while one client has to wait, others do not, except those of the same IPv6 network', async () => {
  const bench = createBench();
  for (const ip of ['203.0.113.9', '2001:db8::1']) {
    for (let count = 0; count < 5; count += 1) await tryField(bench, wrong, ip);
    assert.equal((await tryField(bench, right, ip)).status, 429);
  }
  assert.equal((await tryField(bench, right, '203.0.113.10')).status, 200);
  assert.equal((await tryField(bench, right, '2001:db8:0:1::1')).status, 200);
  assert.equal((await tryField(bench, right, '2001:db8::2')).status, 429);
});
