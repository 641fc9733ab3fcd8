import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ask, createFolder, root, type Cleanup } from '../flags/process.fixture.ts';
import { startBackend, startGateway, startWith } from './process.fixture.ts';

const undo: (() => void)[] = [];
const suite: Cleanup = { after: (step) => void undo.push(step) };
let services: Readonly<Record<'AUTH_SERVICE_URL' | 'USER_SERVICE_URL', string>>;

before(async () => {
  services = {
    AUTH_SERVICE_URL: await startBackend(suite, 'auth'),
    USER_SERVICE_URL: await startBackend(suite, 'user'),
  };
});

after(() => {
  for (const step of undo) step();
});

describe('the gateway of variables', () => {
  let url = '';

  before(async () => {
    const third = await startBackend(suite, 'third');
    const SERVICES = `sessions=/api/auth/sessions=${third}`;
    ({ url } = await startGateway(suite, { ...services, SERVICES, RATE_LIMIT_BURST: '1000', RATE_LIMIT_RPM: '60000' }));
  });

  test('sends what is below a prefix to its service, with the prefix and the Host of the target', async () => {
    for (const [path, backend] of [
      ['/api/auth/me?a=b', 'auth'],
      ['/api/auth', 'auth'],
      ['/api/users/7', 'user'],
      ['/api/auth/sessions/1', 'third'],
      ['/api/auth/sessionsx', 'auth'],
    ] as const) {
      const { status, body, fields } = await ask(`${url}${path}`);
      assert.equal(status, 200);
      assert.partialDeepStrictEqual(body, { backend, path });
      assert.equal(fields.get('x-backend'), body['host']);
    }
  });

  test('matches whole segments, and nothing else is there', async () => {
    for (const path of ['/api/authx', '/api/user/7', '/']) {
      const { status, body } = await ask(`${url}${path}`);
      assert.deepEqual([status, body['code']], [404, 'route_not_found']);
    }
  });

  test('lets through what has no key, and refuses a key that nobody has', async () => {
    assert.equal((await ask(`${url}/api/auth/me`)).status, 200);
    for (const [name, value] of [
      ['X-API-Key', 'nobody'],
      ['Authorization', 'Bearer nobody'],
    ] as const) {
      const { status, body } = await ask(`${url}/api/auth/me`, { headers: { [name]: value } });
      assert.deepEqual([status, body['code']], [401, 'invalid_api_key']);
    }
  });

  test('answers a preflight request itself for any origin, and sends on any other OPTIONS', async () => {
    const headers = { Origin: 'https://app.example.com', 'Access-Control-Request-Method': 'POST' };
    const preflight = await fetch(`${url}/api/users`, { method: 'OPTIONS', headers });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    assert.equal(preflight.headers.get('access-control-allow-credentials'), null);
    assert.equal(preflight.headers.has('x-backend'), false);
    const { body } = await ask(`${url}/api/users`, { method: 'OPTIONS' });
    assert.partialDeepStrictEqual(body, { backend: 'user', method: 'OPTIONS' });
  });

  test('serves its own endpoints on the same port', async () => {
    assert.equal((await ask(`${url}/readyz`)).status, 200);
    assert.equal((await ask(`${url}/health`)).body['total_backends'], 3);
    const info = JSON.stringify((await ask(`${url}/info`)).body);
    for (const name of ['auth-service', 'user-service', 'sessions']) assert.ok(info.includes(name), info);
    const metrics = await fetch(`${url}/metrics`, { headers: { Connection: 'close' } });
    assert.match(await metrics.text(), /^gateway_uptime_seconds /m);
  });
});

test('the limit is that of the variables', async (t) => {
  const { url } = await startGateway(t, { ...services, RATE_LIMIT_RPM: '1', RATE_LIMIT_BURST: '2' });
  const statuses: number[] = [];
  for (let index = 0; index < 3; index += 1) statuses.push((await ask(`${url}/api/auth/${index}`)).status);
  assert.deepEqual(statuses, [200, 200, 429]);
});

test('a trusted proxy may say who the client is', async (t) => {
  const limits = { RATE_LIMIT_RPM: '1', RATE_LIMIT_BURST: '1' };
  const { url } = await startGateway(t, { ...services, ...limits, TRUSTED_PROXIES: '127.0.0.0/8' });
  const statusFor = async (client: string) =>
    (await ask(`${url}/api/auth`, { headers: { 'X-Forwarded-For': client } })).status;
  assert.deepEqual([await statusFor('10.1.1.1'), await statusFor('10.1.1.1')], [200, 429]);
  assert.equal(await statusFor('10.1.1.2'), 200);
});

test('several backends of a service have their turns', async (t) => {
  const backends = await Promise.all(['one', 'two'].map((name) => startBackend(t, name)));
  const { url } = await startGateway(t, { ...services, USER_SERVICE_BACKENDS: backends.join(',') });
  const names = new Set<string>();
  for (let index = 0; index < 4; index += 1) names.add(String((await ask(`${url}/api/users`)).body['backend']));
  assert.deepEqual([...names].toSorted(), ['one', 'two']);
});

test('SIGTERM ends it with 143, and its access log is on the standard output', async (t) => {
  const gateway = await startGateway(t, services);
  await ask(`${gateway.url}/api/auth/me`);
  assert.ok(gateway.child.pid !== undefined);
  gateway.child.kill('SIGTERM');
  const { code, output } = await gateway.ended;
  assert.equal(code, 143);
  assert.partialDeepStrictEqual(JSON.parse(output.trim().split('\n').at(-1) ?? ''), {
    path: '/api/auth/me',
    route: 'auth-service',
  });
});

describe('the file .env', () => {
  const folderWith = (t: Cleanup, text: string) => {
    const folder = createFolder(t);
    writeFileSync(join(folder, '.env'), text);
    return folder;
  };

  test('is read from the working folder, and gives way to the process, also without a command', async (t) => {
    const text = `PORT=1\nRATE_LIMIT_BURST=1\nUSER_SERVICE_URL=http://127.0.0.1:1\nAUTH_SERVICE_URL=${services.AUTH_SERVICE_URL}\n`;
    const { USER_SERVICE_URL } = services;
    const { url } = await startGateway(t, { USER_SERVICE_URL }, { folder: folderWith(t, text), words: [] });
    const first = await ask(`${url}/api/auth`);
    assert.deepEqual([first.status, first.fields.get('x-ratelimit-limit')], [200, '1']);
    assert.equal((await ask(`${url}/info`)).status, 200);
    const info = JSON.stringify((await ask(`${url}/info`)).body);
    assert.ok(info.includes(USER_SERVICE_URL), info);
  });

  test('is told with its line where it is wrong, and nothing starts', async (t) => {
    const folder = folderWith(t, 'ADMIN_PASSWORD=hidden\n\nRATE_LIMT_RPM=5\nPORT: 80\n');
    const { code, output, errors } = await startWith(t, {}, { folder }).ended;
    assert.deepEqual(
      { code, output, errors },
      { code: 1, output: '', errors: '.env:4: PORT: this line sets nothing: expected PORT=value\n' },
    );
    const corrected = folderWith(t, 'ADMIN_PASSWORD=hidden\n\nRATE_LIMT_RPM=5\nPORT=http\n');
    const second = await startWith(t, {}, { folder: corrected }).ended;
    assert.equal(second.code, 1);
    assert.equal(
      second.errors,
      '.env:4: PORT: expected a whole number from 0 to 65535, got "http"\n' +
        '.env:3: RATE_LIMT_RPM: unknown variable\n  did you mean "RATE_LIMIT_RPM"?\n',
    );
  });

  test('may be a copy of .env.example with a password, and has variables of other programs', async (t) => {
    const example = readFileSync(join(root, '.env.example'), 'utf8');
    const text = `${example.replace('ADMIN_PASSWORD=', 'ADMIN_PASSWORD=secret')}COMPOSE_PROJECT_NAME=hidden\n`;
    const folder = folderWith(t, text);
    const gateway = startWith(t, { HOST: '127.0.0.1', PORT: '0' }, { folder });
    const [line] = await gateway.shows(/^\.env:\d+: COMPOSE_PROJECT_NAME: .*$/m);
    assert.doesNotMatch(line, /hidden/);
    const [, url = ''] = await gateway.shows(/"addresses":"(http:\S+?)"/);
    assert.equal((await ask(`${url}/readyz`)).status, 200);
  });
});

describe('a start', () => {
  test('without a password for the administrator fails and names the variable', async (t) => {
    for (const words of [['run', '--env'], []]) {
      const { code, errors } = await startWith(t, { PORT: '0' }, { words }).ended;
      assert.equal(code, 1);
      assert.match(errors, /^ADMIN_PASSWORD: is required, since ADMIN_AUTH_ENABLED is true: /m);
      assert.equal(errors.startsWith('There is no sluice.yaml'), words.length === 0);
    }
  });

  test('tells a wrong value once, however many services it holds for', async (t) => {
    const { code, errors } = await startWith(t, { CB_MAX_FAILURES: 'x', ADMIN_PASSWORD: 'a' }).ended;
    assert.equal(code, 1);
    assert.match(errors, /^CB_MAX_FAILURES: expected a whole number from 1 to \d+, got "x"\n$/);
  });

  test('with a file and --env is wrong usage', async (t) => {
    const { code, errors } = await startWith(t, {}, { words: ['run', '--env', 'sluice.yaml'] }).ended;
    assert.equal(code, 2);
    assert.match(errors, /--env takes the place of a configuration file/);
  });

  test('takes a configuration file before the variables, and says nothing of them', async (t) => {
    const folder = createFolder(t);
    writeFileSync(join(folder, 'sluice.yaml'), 'listeners: []\n');
    const { code, errors } = await startWith(t, { PORT: 'x' }, { folder, words: [] }).ended;
    assert.equal(code, 1);
    assert.match(errors, /sluice\.yaml:1:\d+: listeners: /);
    assert.doesNotMatch(errors, /PORT/);
  });

  test('logs as much as LOG_LEVEL says, unless the flag says otherwise', async (t) => {
    const { url } = await startGateway(
      t,
      { ...services, LOG_LEVEL: 'error' },
      {
        words: ['run', '--env', '--log-level', 'info'],
      },
    );
    const port = new URL(url).port;
    assert.equal((await ask(`${url}/readyz`)).status, 200);
    // The same port again: an error is told, and no event of a lower level.
    const { code, errors } = await startWith(t, {
      HOST: '127.0.0.1',
      PORT: port,
      ADMIN_PASSWORD: 'secret',
      LOG_LEVEL: 'error',
    }).ended;
    assert.equal(code, 1);
    assert.match(errors, /^port \d+ on 127\.0\.0\.1 is in use by another program/);
    const quiet = startWith(t, { HOST: '127.0.0.1', PORT: '0', ADMIN_PASSWORD: 'secret', LOG_LEVEL: 'loud' });
    assert.match((await quiet.ended).errors, /^LOG_LEVEL: expected debug, info, warn or error, got "loud"\n$/);
  });
});
