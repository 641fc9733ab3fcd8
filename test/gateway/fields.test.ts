import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import type { ReadRequest, ReadResponse } from '../support/http-message.ts';
import { RawClient } from '../support/raw-client.ts';
import { okText, startRawTarget } from '../support/raw-target.ts';

/** Sends one request with these fields, and returns what arrived at the target and what came back. */
async function exchange(
  t: TestContext,
  { request = '', response = '', document = {} }: { request?: string; response?: string; document?: object },
): Promise<{ request: ReadRequest; response: ReadResponse; authority: string }> {
  const target = await startRawTarget(t);
  const { port } = await startGateway(t, { ...documentFor([target.url]), ...document });
  const client = await RawClient.connect(t, port);
  void client.write(`GET / HTTP/1.1\r\nHost: client.example:99\r\n${request}\r\n`);
  const backend = await target.connection(0);
  const arrived = await backend.request();
  await backend.write(okText('fine', response));
  return { request: arrived, response: await client.response(), authority: `127.0.0.1:${target.port}` };
}

const ownRequestFields = [
  'host',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-request-id',
  'traceparent',
];

describe('fields of a request', () => {
  test('are passed on in order, as spelled, repeated ones too', async (t) => {
    const { request } = await exchange(t, {
      request: 'X-B: 1\r\nx-a:2\r\nX-B: \t3 \r\nCookie: a=b; c="d"\r\nX-Empty:\r\n',
    });
    assert.deepEqual(
      request.fields.filter(([name]) => !ownRequestFields.includes(name.toLowerCase())),
      [
        ['X-B', '1'],
        ['x-a', '2'],
        ['X-B', '3'],
        ['Cookie', 'a=b; c="d"'],
        ['X-Empty', ''],
      ],
    );
  });

  test('that belong to one connection stay behind, and those that Connection names', async (t) => {
    const { request } = await exchange(t, {
      request:
        'Connection: keep-alive, X-Secret,x-other\r\nX-Secret: 1\r\nX-OTHER: 2\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n' +
        'Trailer: X\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nX-Kept: 3\r\n',
    });
    assert.deepEqual(
      request.fields.filter(([name]) => !ownRequestFields.includes(name.toLowerCase())),
      [['X-Kept', '3']],
    );
  });

  test('that the gateway sets cannot be stripped by Connection', async (t) => {
    const { request, authority } = await exchange(t, {
      request:
        'Connection: Host, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Request-Id, traceparent\r\nX-Request-Id: mine\r\n',
    });
    assert.equal(request.field('host'), authority);
    assert.equal(request.field('x-forwarded-for'), '127.0.0.1');
    assert.equal(request.field('x-forwarded-proto'), 'http');
    assert.equal(request.field('x-forwarded-host'), 'client.example:99');
    assert.equal(request.field('x-request-id'), 'mine');
    assert.match(request.field('traceparent') ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  const forwarded =
    'X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: outer.example\r\n' +
    'X-Forwarded-Port: 443\r\nX-Real-IP: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n';

  test('of earlier hops are replaced where the peer is not trusted', async (t) => {
    const { request } = await exchange(t, { request: forwarded, document: { trusted_proxies: ['10.0.0.0/8'] } });
    assert.deepEqual(request.all('x-forwarded-for'), ['127.0.0.1']);
    assert.equal(request.field('x-forwarded-proto'), 'http');
    assert.equal(request.field('x-forwarded-host'), 'client.example:99');
    for (const name of ['x-forwarded-port', 'x-real-ip', 'forwarded'])
      assert.equal(request.field(name), undefined, name);
  });

  test('of earlier hops are believed and added to where the peer is trusted', async (t) => {
    const { request } = await exchange(t, { request: forwarded, document: { trusted_proxies: ['127.0.0.0/8'] } });
    assert.deepEqual(request.all('x-forwarded-for'), ['203.0.113.9, 198.51.100.7, 127.0.0.1']);
    assert.equal(request.field('x-forwarded-proto'), 'https');
    assert.equal(request.field('x-forwarded-host'), 'outer.example');
    assert.equal(request.field('x-forwarded-port'), '443');
  });

  test('that differ from the gateway’s own in an underscore do not speak for them', async (t) => {
    const { request } = await exchange(t, {
      request: 'X_Forwarded_For: 203.0.113.9\r\nX-Request_Id: a\r\nX_Mine: b\r\n',
    });
    assert.deepEqual(
      request.fields.filter(([name]) => name.includes('_')),
      [['X_Mine', 'b']],
    );
  });

  test('of a trace are passed on, and made anew where they are not well-formed', async (t) => {
    const good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    assert.equal((await exchange(t, { request: `traceparent: ${good}\r\n` })).request.field('traceparent'), good);
    const bad = await exchange(t, { request: `traceparent: ${good}\r\ntraceparent: ${good}\r\n` });
    assert.match(bad.request.field('traceparent') ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.notEqual(bad.request.field('traceparent'), good);
  });
});

describe('the id of a request', () => {
  test('is the client’s where that is visible ASCII, in both directions', async (t) => {
    const id = `${'!~'.repeat(63)}ab`;
    const { request, response } = await exchange(t, { request: `X-Request-Id: ${id}\r\n` });
    assert.deepEqual([request.field('x-request-id'), response.field('x-request-id')], [id, id]);
  });

  test('is made by the gateway where the client’s is missing, too long, not visible or there twice', async (t) => {
    for (const given of [
      '',
      'X-Request-Id:\r\n',
      `X-Request-Id: ${'a'.repeat(129)}\r\n`,
      'X-Request-Id: a b\r\n',
      'X-Request-Id: a\r\nX-Request-Id: b\r\n',
      'X-Request-Id: \xe9\r\n',
    ]) {
      const { request, response } = await exchange(t, { request: given });
      assert.match(request.field('x-request-id') ?? '', /^[0-9a-f]{32}$/, JSON.stringify(given));
      assert.equal(response.field('x-request-id'), request.field('x-request-id'));
    }
  });
});

describe('fields of a response', () => {
  test('are passed on in order, but for those of the connection and those that the gateway sets', async (t) => {
    const { response, authority } = await exchange(t, {
      request: 'X-Request-Id: mine\r\n',
      response:
        'Set-Cookie: a=1\r\nserver: x\r\nSet-Cookie: b=2\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: keep-alive, X-Hop\r\n' +
        'X-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-Request-Id: theirs\r\nX-Backend: theirs\r\n',
    });
    assert.deepEqual(response.fields, [
      ['Set-Cookie', 'a=1'],
      ['server', 'x'],
      ['Set-Cookie', 'b=2'],
      ['Date', 'Thu, 01 Jan 1970 00:00:00 GMT'],
      ['Content-Length', '4'],
      ['X-Request-Id', 'mine'],
      ['X-Backend', authority],
    ]);
  });

  test('get a Date where the target sends none', async (t) => {
    const { response } = await exchange(t, {});
    const date = response.field('date') ?? '';
    assert.ok(Math.abs(Date.parse(date) - Date.now()) < 60_000, date);
  });
});
