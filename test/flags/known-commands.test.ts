import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ask, createFolder, run, startBackend, startGateway, type Cleanup } from './process.fixture.ts';

const undo: (() => void)[] = [];
const suite: Cleanup = { after: (step) => void undo.push(step) };
let backends = '';

before(async () => {
  const urls = await Promise.all([1, 2, 3].map((number) => startBackend(suite, `Backend-${number}`)));
  backends = urls.join(',');
});

after(() => {
  for (const step of undo) step();
});

describe('the client against a gateway that has its flags', () => {
  let url = '';

  before(async () => {
    ({ url } = await startGateway(suite, ['-backends', backends]));
  });

  const client = (t: Cleanup, ...words: string[]) => run(t, ['-mode', 'client', ...words, '-endpoint', url]);

  test('-cmd health sees the health of the gateway', async (t) => {
    const { code, output } = await client(t, '-cmd', 'health');
    assert.equal(code, 0);
    assert.match(output, /^1 {2}200 /);
  });

  for (const [command, count] of [
    ['echo', 5],
    ['user', 3],
    ['slow', 1],
  ] as const) {
    test(`-cmd ${command} -count ${count} is answered by backends`, async (t) => {
      const { code, output } = await client(t, '-cmd', command, '-count', String(count), '--json');
      assert.equal(code, 0);
      const { summary } = JSON.parse(output) as { summary: { statuses: object; backends: object } };
      assert.deepEqual(summary.statuses, { 200: count });
      const answered = Object.values(summary.backends) as number[];
      assert.equal(
        answered.reduce((sum, one) => sum + one, 0),
        count,
      );
    });
  }

  test('-cmd data -count 12 meets each backend in turn', async (t) => {
    const { code, output } = await client(t, '-cmd', 'data', '-count', '12', '--json');
    assert.equal(code, 0);
    const { requests } = JSON.parse(output) as { requests: readonly { backend: string }[] };
    const names = requests.map(({ backend }) => backend);
    const round = names.slice(0, 3);
    assert.deepEqual(round.toSorted(), ['Backend-1', 'Backend-2', 'Backend-3']);
    assert.deepEqual(names, [...round, ...round, ...round, ...round]);
  });

  test('-cmd user -key key-admin is let in with its key', async (t) => {
    const { code, output } = await client(t, '-cmd', 'user', '-key', 'key-admin');
    assert.equal(code, 0);
    assert.match(output, /Every answer was as expected\./);
  });

  test('-cmd auth sees a wrong key refused', async (t) => {
    const { code, output } = await client(t, '-cmd', 'auth');
    assert.equal(code, 0);
    assert.match(output, /invalid key +401 .*invalid_api_key/);
  });

  test('-cmd user with an unknown key fails', async (t) => {
    const { code, errors } = await client(t, '-cmd', 'user', '-key', 'key-nobody');
    assert.equal(code, 1);
    assert.match(errors, /expected 2xx and got 401/);
  });
});

test('-cmd rate-limit sees the limit of 100 a minute bite', async (t) => {
  const { url } = await startGateway(t, ['-backends', backends]);
  const { code, output } = await run(t, ['-mode=client', '-cmd=rate-limit', `-endpoint=${url}`, '-count=150', '-json']);
  assert.equal(code, 0);
  const { requests } = JSON.parse(output) as { requests: readonly { status: number }[] };
  const passed = requests.filter(({ status }) => status === 200).length;
  assert.ok(requests.findIndex(({ status }) => status === 429) >= 100);
  // What came back while the client was at it.
  assert.ok(passed >= 100 && passed < 150, String(passed));
});

describe('what curl is answered', () => {
  let url = '';

  before(async () => {
    ({ url } = await startGateway(suite, ['--backends=' + backends, '--rate-limit=1000']));
  });

  test('GET /health tells how many backends there are', async () => {
    const { status, body } = await ask(`${url}/health`);
    assert.equal(status, 200);
    assert.partialDeepStrictEqual(body, { status: 'ok', healthy_backends: 3, total_backends: 3 });
    assert.match(String(body['timestamp']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test('the endpoints of the backends are reached', async () => {
    const user = await ask(`${url}/api/user?id=123`);
    assert.equal(user.status, 200);
    assert.match(JSON.stringify(user.body), /123/);
    const body = JSON.stringify({ message: 'hello' });
    const echo = await ask(`${url}/api/echo`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json' },
    });
    assert.deepEqual([echo.status, echo.body['echo']], [200, { message: 'hello' }]);
    assert.equal((await ask(`${url}/api/data`)).status, 200);
    assert.equal((await ask(`${url}/api/slow`)).status, 200);
  });

  test('a key is checked, and a wrong one refused', async () => {
    const withKey = (key: string) => ask(`${url}/api/user`, { headers: { 'X-API-Key': key } });
    for (const key of ['key-test-1', 'key-test-2', 'key-admin']) assert.equal((await withKey(key)).status, 200);
    const refused = await withKey('invalid-key');
    assert.equal(refused.status, 401);
    assert.equal(refused.fields.get('content-type'), 'application/problem+json');
    assert.equal(refused.body['code'], 'invalid_api_key');
  });

  test('a path under /admin is not the gateway’s', async () => {
    const { body, fields } = await ask(`${url}/admin/apikeys`);
    assert.match(String(body['backend']), /^Backend-\d$/);
    assert.ok(fields.has('x-backend'));
  });
});

test('gateway.log holds its fields in their order, and is whole at the end', async (t) => {
  const folder = createFolder(t);
  const gateway = await startGateway(t, ['-backends', backends], folder);
  const headers = { 'X-API-Key': 'key-admin', 'Content-Type': 'application/json' };
  await ask(`${gateway.url}/api/echo?a=b`, { method: 'POST', body: '{"message":"hello"}', headers });
  await ask(`${gateway.url}/api/data`, { headers: { 'X-API-Key': 'key-nobody' } });
  gateway.child.kill('SIGTERM');
  assert.equal((await gateway.ended).code, 143);
  const text = readFileSync(join(folder, 'gateway.log'), 'utf8');
  const lines = text.split('\n').slice(0, -1);
  assert.equal(lines.length, 2, text);
  assert.ok(!text.includes('key-nobody'));
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  // Two workers write it, each its own.
  const passed = entries.find((entry) => entry['status_code'] === 200);
  const refused = entries.find((entry) => entry['status_code'] === 401);
  assert.ok(passed !== undefined && refused !== undefined);
  const firstFields = 'timestamp,method,path,client_ip,api_key,status_code,response_time_ms,backend,error';
  assert.equal(Object.keys(passed).join(','), `${firstFields},request_id,route,bytes_in,bytes_out,retries`);
  assert.partialDeepStrictEqual(passed, {
    method: 'POST',
    path: '/api/echo',
    client_ip: '127.0.0.1',
    api_key: 'key-admin',
    error: '',
    route: 'all',
  });
  assert.ok(backends.split(',').includes(String(passed['backend'])), String(passed['backend']));
  assert.match(String(passed['response_time_ms']), /^\d+\.\d\d$/);
  assert.partialDeepStrictEqual(refused, { path: '/api/data', api_key: '', backend: '', error: 'invalid_api_key' });
});
