import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { waitUntil } from '../support/wait.ts';

const moved = {
  name: 'moved',
  match: { path: '/old/*' },
  redirect: { to: 'https://{request.host}/new/{*}' },
};
const hello = {
  name: 'hello',
  match: { path: '/hello/{name}' },
  respond: { status: 201, body: 'Hello {name}, by {request.method}\n', headers: { 'X-Route': '{route.name}' } },
};

function start(t: TestContext, ...routes: object[]): Promise<{ port: number }> {
  return startGateway(t, { routes });
}

describe('a redirect', () => {
  test('says where to, and keeps the query', async (t) => {
    const { port } = await start(t, moved);
    const response = await rawRequest(t, port, requestText('GET', '/old//a%7E/b?c=1&d'));
    assert.equal(response.status, 308);
    assert.equal(response.field('location'), 'https://example.com/new/a~/b?c=1&d');
    assert.deepEqual([response.text, response.field('content-length')], ['', '0']);
    assert.equal(response.field('x-backend'), undefined);
    assert.notEqual(response.field('x-request-id'), undefined);
  });

  test('has the status that it is given, and no query where it shall have none', async (t) => {
    for (const status of [301, 302, 303, 307]) {
      const redirect = { to: '/new', status, keep_query: false };
      const { port } = await start(t, { name: 'moved', redirect });
      const response = await rawRequest(t, port, requestText('POST', '/old?a', { 'Content-Length': '0' }));
      assert.deepEqual([response.status, response.field('location')], [status, '/new']);
    }
  });

  test('leads nowhere else, whatever the client sends', async (t) => {
    const { port } = await start(
      t,
      { name: 'anything', redirect: { to: '/{request.path}' } },
      { name: 'rest', match: { path: '/rest/*' }, redirect: { to: '/{*}', keep_query: false } },
      { name: 'field', match: { path: '/field' }, redirect: { to: '/{header.to}' } },
    );
    const cases: readonly [target: string, to: string, location: string][] = [
      ['//evil.example', '', '/evil.example'],
      ['/evil.example', '', '/evil.example'],
      ['/rest//evil.example', '', '/evil.example'],
      ['/rest/https://evil.example', '', '/https:/evil.example'],
      ['/rest/%0d%0aSet-Cookie:a=b', '', '/%0D%0ASet-Cookie:a=b'],
      ['/field', '/evil.example', '/evil.example'],
      ['/field', '/\\evil.example', '/%5Cevil.example'],
      ['/field', '\t\te\tvil', '/e%09vil'],
    ];
    for (const [target, to, location] of cases) {
      const response = await rawRequest(t, port, requestText('GET', target, { to }));
      assert.equal(response.field('location'), location, target);
      assert.deepEqual(response.all('set-cookie'), []);
    }
  });
});

describe('a fixed answer', () => {
  test('is filled in, and says what it is', async (t) => {
    const { port } = await start(t, hello);
    const response = await rawRequest(t, port, requestText('GET', '/hello/w%C3%B6rld'));
    assert.deepEqual([response.status, response.text], [201, 'Hello w%C3%B6rld, by GET\n']);
    assert.equal(response.field('content-type'), 'text/plain; charset=utf-8');
    assert.equal(response.field('x-route'), 'hello');
    assert.equal(response.field('x-backend'), undefined);
  });

  test('has no body for HEAD, and the length that it has for GET', async (t) => {
    const { port } = await start(t, hello);
    const client = await RawClient.connect(t, port);
    const head = await client.ask(requestText('HEAD', '/hello/you'), 'HEAD');
    assert.deepEqual([head.status, head.text, head.field('content-length')], [201, '', '19']);
    assert.equal((await client.ask(requestText('GET', '/hello/you'))).text, 'Hello you, by GET\n');
  });

  test('with a status that has no body leaves its connection in order', async (t) => {
    const routes = [204, 205, 304].map((status) => ({
      name: `no-body-${status}`,
      match: { path: `/${status}` },
      respond: { status },
    }));
    const { port } = await start(t, ...routes);
    const client = await RawClient.connect(t, port);
    for (const status of [204, 205, 304, 204]) {
      const response = await client.ask(requestText('GET', `/${status}`));
      assert.deepEqual([response.status, response.text], [status, '']);
      assert.equal(response.field('content-length'), status === 204 ? undefined : '0');
    }
  });

  test('to a request with a body leaves its connection in order, or closes it', async (t) => {
    const { port } = await start(t, hello, moved);
    const client = await RawClient.connect(t, port);
    const short = requestText('POST', '/hello/you', { 'Content-Length': '5' });
    void client.write(`${short}12345${short}`);
    assert.equal((await client.response('POST')).status, 201);
    void client.write('12345');
    assert.equal((await client.response('POST')).status, 201);
    const chunked = requestText('PUT', '/old/a', { 'Transfer-Encoding': 'chunked' });
    assert.equal((await client.ask(`${chunked}3\r\nabc\r\n0\r\n\r\n`)).status, 308);
    const waiting = requestText('PUT', '/hello/you', { 'Content-Length': '5', Expect: '100-continue' });
    const last = await client.ask(waiting, 'PUT');
    assert.deepEqual([last.status, last.field('connection')], [201, 'close']);
    await client.ended();
  });

  test('and a redirect have no backend in the access log', async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-answers-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'access.log');
    const { port } = await startGateway(t, { access_log: { file }, routes: [hello, moved] });
    await rawRequest(t, port, requestText('GET', '/hello/you'));
    await rawRequest(t, port, requestText('GET', '/old/a'));
    const lines = await waitUntil('two lines of the access log', () => {
      const found = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      return found.length === 2 && found.map((line) => JSON.parse(line) as Record<string, unknown>);
    });
    const told = lines.map((line) => [line['route'], line['status_code'], line['backend'], line['error']]);
    assert.deepEqual(told, [
      ['hello', 201, '', ''],
      ['moved', 308, '', ''],
    ]);
  });
});
