import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

const credentials = { username: 'ada', password: 'right horse' };
const right = `Basic ${Buffer.from('ada:right horse').toString('base64')}`;

async function startAttacked(t: TestContext, admin: object = { address: 'main', auth: credentials }) {
  const target = await startRecordingTarget(t);
  const { port } = await startGateway(t, {
    admin,
    policies: [{ cors: { origins: ['*'] } }],
    upstreams: { backends: { targets: [target.url], health: false } },
    routes: [
      {
        name: 'all',
        policies: [
          {
            headers: {
              request: { set: { 'X-Tenant': '{header.X-In}' } },
              response: { set: { 'X-Echo': '{header.X-In}' } },
            },
          },
        ],
        upstream: 'backends',
      },
      { name: 'id', match: { path: '/id/{id}' }, rewrite: { path: '/users/{id}/profile' }, upstream: 'backends' },
      { name: 'rest', match: { path: '/rest/*' }, rewrite: { path: '/internal/{*}' }, upstream: 'backends' },
      { name: 'host', match: { path: '/host' }, rewrite: { host: '{header.X-In}' }, upstream: 'backends' },
      { name: 'moved', match: { path: '/moved/*' }, redirect: { to: '/{*}', status: 302 } },
      {
        name: 'away',
        match: { path: '/away/*' },
        redirect: { to: 'https://good.test/{*}?by={header.X-In}', status: 302 },
      },
    ],
  });
  return { target, port };
}

async function statusAndFields(t: TestContext, port: number, bytes: string) {
  const response = await rawRequest(t, port, bytes);
  return { status: response.status, header: (name: string) => response.field(name) ?? '' };
}

test('no spelling of a path leads past the credentials of the admin API', async (t) => {
  const { port, target } = await startAttacked(t);
  const spellings = [
    '/admin',
    '/admin/',
    '/admin/config',
    '//admin/config',
    '/./admin/config',
    '/x/../admin/config',
    '/x/%2e%2e/admin/config',
    '/%61dmin/config',
    '/admin/%63onfig',
    'http://localhost/admin/config',
    'http://evil.test//admin/./config?x',
  ];
  for (const path of spellings) {
    const { status, header } = await statusAndFields(t, port, requestText('GET', path));
    assert.equal(status, 401, path);
    assert.match(header('www-authenticate'), /^Basic realm=/, path);
  }
  for (const path of ['/admin%2fconfig', '/x/..;/admin/config', '/x\\..\\admin', '/admin/..%2fadmin']) {
    assert.equal((await statusAndFields(t, port, requestText('GET', path))).status, 400, path);
  }
  assert.deepEqual(target.requests, []);
});

test('a page of another site gets nothing of the admin API, whatever the routes allow it', async (t) => {
  const { port } = await startAttacked(t);
  const page = { Origin: 'http://evil.test', Authorization: right };
  const attempts = [
    requestText('GET', '/admin/apikeys', page),
    requestText('POST', '/admin/circuit-breakers/reset', { ...page, 'Content-Length': '0' }),
    requestText('POST', '/admin/circuit-breakers/reset', {
      ...page,
      Origin: 'http://localhost',
      'X-Forwarded-Host': 'localhost',
      'Content-Length': '0',
    }),
    requestText('DELETE', '/admin/apikeys/1', page),
    requestText('OPTIONS', '/admin/apikeys', { ...page, 'Access-Control-Request-Method': 'POST' }),
  ];
  for (const bytes of attempts) {
    const { status, header } = await statusAndFields(t, port, bytes);
    assert.equal(status, 403, bytes);
    assert.equal(header('access-control-allow-origin'), '', bytes);
  }
  // Not even of what asks for no credentials.
  const metrics = await statusAndFields(t, port, requestText('GET', '/metrics', { Origin: 'http://evil.test' }));
  assert.equal(metrics.header('access-control-allow-origin'), '');
  assert.equal(metrics.header('cross-origin-resource-policy'), 'same-origin');
  const route = await statusAndFields(t, port, requestText('GET', '/', { Origin: 'http://evil.test' }));
  assert.equal(route.header('access-control-allow-origin'), '*');
});

test('a name that was made to lead here is not answered where it was not listed', async (t) => {
  const { port } = await startAttacked(t, { address: 'main', auth: credentials, hosts: ['gateway.example'] });
  const ask = (host: string) =>
    statusAndFields(t, port, requestText('GET', '/admin/config', { Host: host, Authorization: right }));
  for (const host of ['rebound.evil.test', `rebound.evil.test:${port}`])
    assert.equal((await ask(host)).status, 421, host);
  for (const host of ['gateway.example', `127.0.0.1:${port}`]) assert.equal((await ask(host)).status, 200, host);
  const forwarded = { Host: 'rebound.evil.test', 'X-Forwarded-Host': 'gateway.example', Authorization: right };
  assert.equal((await statusAndFields(t, port, requestText('GET', '/admin/config', forwarded))).status, 421);
});

test('guesses are counted against who connects, whatever a client says of itself', async (t) => {
  const { port } = await startAttacked(t);
  const statuses: number[] = [];
  for (let guess = 0; guess < 7; guess += 1) {
    const fields = {
      Authorization: 'Basic YWRhOndyb25n',
      'X-Forwarded-For': `192.0.2.${guess}`,
      Forwarded: 'for=1.1.1.1',
    };
    statuses.push((await statusAndFields(t, port, requestText('GET', '/admin/config', fields))).status);
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429]);
});

test('a target can rely on the fields that the gateway sets, whatever a client names so', async (t) => {
  const { port, target } = await startAttacked(t);
  const spoofed = {
    'X-Tenant': 'evil',
    X_Tenant: 'evil',
    'X-Forwarded-For': '192.0.2.1',
    X_Forwarded_For: '192.0.2.1',
    'X-Real-IP': '192.0.2.1',
    Forwarded: 'for=192.0.2.1',
    'X-Mirrored-From': 'evil',
    Connection: 'X-Tenant, X-Forwarded-For, X-Request-Id, close',
  };
  await rawRequest(t, port, requestText('GET', '/', spoofed));
  const { headers } = target.requests[0] ?? assert.fail('the target saw nothing');
  assert.equal(headers['x-tenant'], '');
  assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  assert.ok(headers['x-request-id']);
  assert.deepEqual(
    ['x_tenant', 'x_forwarded_for', 'x-real-ip', 'forwarded'].filter((name) => name in headers),
    [],
  );
});

test('what a request fills into a template ends no line, no path and no host', async (t) => {
  const { port, target } = await startAttacked(t);
  const ask = async (path: string, value = 'x') =>
    await statusAndFields(t, port, requestText('GET', path, { 'X-In': value }));
  const echo = await ask('/', 'a\tb\x80"<');
  assert.equal(echo.header('x-echo'), 'a\tb\x80"<');
  const sent = async (path: string, value?: string) => {
    const seen = target.requests.length;
    await ask(path, value);
    const { url = '', headers = {} } = target.requests[seen] ?? {};
    return [url, headers.host];
  };
  const host = new URL(target.url).host;
  assert.deepEqual(await sent('/id/a%3fb%23c'), ['/users/a%3Fb%23c/profile', host]);
  assert.deepEqual(await sent('/rest//evil.test/x'), ['/internal/evil.test/x', host]);
  for (const value of ['a b', 'a/b', 'evil.test@x', 'a:b:c', 'evil test']) {
    assert.deepEqual(await sent('/host', value), ['/host', host], value);
  }
  const before = target.requests.length;
  for (const path of ['/id/..%2f..%2fadmin', '/id/%2e%2e%5c', '/rest/..%2f', '/id/%00']) {
    assert.equal((await ask(path)).status, 400, path);
  }
  assert.equal(target.requests.length, before);
});

test('a redirect leads where it was written for, whatever a request brings', async (t) => {
  const { port } = await startAttacked(t);
  const locations: Record<string, string> = {
    '/moved//evil.test': '/evil.test',
    '/moved/@evil.test': '/@evil.test',
    '/moved/https://evil.test': '/https:/evil.test',
    '/away/@evil.test': 'https://good.test/@evil.test?by=a%22%26%23b',
    '/away/x%0d%0aSet-Cookie:a=b': 'https://good.test/x%0D%0ASet-Cookie:a=b?by=a%22%26%23b',
  };
  for (const [path, expected] of Object.entries(locations)) {
    const { status, header } = await statusAndFields(t, port, requestText('GET', path, { 'X-In': 'a"&#b' }));
    assert.deepEqual([status, header('location')], [302, expected], path);
    assert.equal(header('set-cookie'), '');
  }
  for (const path of ['/moved/%5cevil.test', '/moved/\\evil.test', '/moved/%2fevil.test']) {
    assert.equal((await statusAndFields(t, port, requestText('GET', path))).status, 400, path);
  }
});

test('what the gateway itself refuses is kept by nobody and read as nothing but what it is', async (t) => {
  const { port } = await startAttacked(t);
  const marked = { 'X-Request-Id': '<script>alert(1)</script>' };
  const refused = [
    requestText('GET', '/%00', marked),
    requestText('GET', '/', { ...marked, Expect: 'nothing' }),
    'NONSENSE\r\n\r\n',
  ];
  for (const bytes of refused) {
    const { status, header } = await statusAndFields(t, port, bytes);
    assert.ok(status >= 400, bytes);
    assert.equal(header('content-type'), 'application/problem+json', bytes);
    assert.equal(header('x-content-type-options'), 'nosniff', bytes);
    assert.equal(header('cache-control'), 'no-store', bytes);
  }
});
