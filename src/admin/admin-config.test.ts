import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configStatusSchema } from './config-schemas.ts';
import { basicField, createAdminBench, jsonPost, testCredentials } from './fixtures/admin-bench.ts';
import { testWallTimeMs } from './fixtures/test-view.ts';

const status = {
  version: 3,
  hash: 'abc',
  loaded_at: '2026-01-02T00:00:00.000Z',
  accepted: [3, 3],
  programmed: [3, 3],
  last_error: null,
};
const failure = {
  atMs: testWallTimeMs,
  issues: [
    {
      path: 'routes[0].upstream',
      message: 'there is no upstream of this name',
      location: { file: 'sluice.yaml', line: 7, column: 15, lineText: '    upstream: petz' },
      suggestion: 'pets',
    },
    { path: '', message: 'worker 1: it did not answer', location: { label: 'the gateway' } },
    { path: 'workers', message: 'this cannot change' },
  ],
};
const issues = [
  {
    file: 'sluice.yaml',
    line: 7,
    column: 15,
    path: 'routes[0].upstream',
    message: 'there is no upstream of this name',
    suggestion: 'pets',
  },
  {
    file: 'the gateway',
    line: null,
    column: null,
    path: '',
    message: 'worker 1: it did not answer',
    suggestion: null,
  },
  { file: null, line: null, column: null, path: 'workers', message: 'this cannot change', suggestion: null },
];

test('the state of the configuration is told, with the version of each worker', async () => {
  const { ask, told } = createAdminBench();
  const response = await ask('/admin/config');
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: 'success', data: status });
  told.serving = 1;
  const answer = (await (await ask('/admin/config')).json()) as { data: typeof status };
  assert.deepEqual(
    [answer.data.accepted, answer.data.programmed],
    [
      [3, 4],
      [3, null],
    ],
  );
});

test('what was wrong at the last attempt is told with the place of each issue', async () => {
  const { ask, told } = createAdminBench();
  told.configFailure = failure;
  const { data } = (await (await ask('/admin/config')).json()) as { data: object };
  assert.deepEqual(configStatusSchema.parse(data), {
    ...status,
    last_error: { at: new Date(testWallTimeMs).toISOString(), issue_count: 3, issues },
  });
});

test('a reload answers with the state once it is served', async () => {
  const { ask } = createAdminBench();
  const response = await ask('/admin/config/reload', { method: 'POST' });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    status: 'success',
    message: 'The configuration is as it was',
    data: status,
  });
});

test('a reload that finds something wrong is a problem with every issue', async () => {
  const { ask, told } = createAdminBench();
  told.configFailure = failure;
  const response = await ask('/admin/config/reload', { method: 'POST' });
  assert.equal(response.status, 422);
  assert.equal(response.headers.get('Content-Type'), 'application/problem+json');
  const problem = (await response.json()) as { code: string; detail: string; issues: object };
  assert.equal(problem.code, 'config_refused');
  assert.match(problem.detail, /^3 things are wrong with the configuration/);
  assert.deepEqual(problem.issues, issues);
});

test('both are guarded like the rest of the admin API', async () => {
  const { ask } = createAdminBench({ auth: testCredentials });
  assert.equal((await ask('/admin/config')).status, 401);
  assert.equal((await ask('/admin/config/reload', { method: 'POST' })).status, 401);
  const headers = { Authorization: basicField(testCredentials) };
  assert.equal((await ask('/admin/config/reload', { method: 'POST', headers })).status, 200);
  const foreign = { ...headers, 'Sec-Fetch-Site': 'cross-site' };
  assert.equal((await ask('/admin/config/reload', { method: 'POST', headers: foreign })).status, 403);
  const large = jsonPost('x'.repeat(70_000));
  assert.equal(
    (await ask('/admin/config/reload', { ...large, headers: { ...large.headers, ...headers } })).status,
    413,
  );
  const get = await ask('/admin/config/reload', { headers });
  assert.deepEqual([get.status, get.headers.get('Allow')], [405, 'POST']);
});

test('credentials and trusted proxies are those of the configuration that is served now', async () => {
  const bench = createAdminBench();
  const headers = { Authorization: basicField(testCredentials) };
  assert.equal((await bench.ask('/admin/config')).status, 200);
  const admin = { address: 'main', endpoints: 'all', hosts: [] as string[], auth: testCredentials } as const;
  bench.serve({ ...bench.view.config, admin, trusted_proxies: ['10.0.0.0/8'] });
  assert.equal((await bench.ask('/admin/config')).status, 401);
  assert.equal((await bench.ask('/admin/config', { headers })).status, 200);
  await bench.ask('/admin/config', { ip: '192.0.2.7, 10.0.0.9' });
  assert.equal(bench.logged.at(-1)?.fields['clientIp'], '192.0.2.7');
  bench.serve({ ...bench.view.config, admin: { ...admin, auth: { ...testCredentials, password: 'another' } } });
  assert.equal((await bench.ask('/admin/config', { headers })).status, 401);
});
