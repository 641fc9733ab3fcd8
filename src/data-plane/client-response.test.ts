import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { fieldRole } from '../core/field-names.ts';
import { rolesOf } from '../http1/head-writer.ts';
import { Outgoing } from '../lib/outgoing.ts';
import { ClientResponse, type ResponseExtras } from './client-response.ts';
import { requestHeadOf, responseHeadOf } from './parsed-head.fixture.ts';

const extras: ResponseExtras = {
  fields: 'X-Request-Id: id\r\n',
  date: { get: () => 'Date: now\r\n' },
  replacedRoles: 0,
  close: false,
};
const get = requestHeadOf('GET / HTTP/1.1', 'Host: a');
const head = requestHeadOf('HEAD / HTTP/1.1', 'Host: a');
const oldGet = requestHeadOf('GET / HTTP/1.0', 'Connection: keep-alive');

/** An answer, and what of it went out. */
function createResponse(): { response: ClientResponse; written: () => string; outgoing: Outgoing } {
  let text = '';
  const socket = {
    write: (chunk: string | Buffer) => {
      text += typeof chunk === 'string' ? chunk : chunk.toString('latin1');
      return true;
    },
  };
  const outgoing = new Outgoing(socket as unknown as Socket, () => {});
  const response = new ClientResponse();
  response.reset(outgoing);
  const written = () => {
    outgoing.flush();
    return text;
  };
  return { response, written, outgoing };
}

/** What a client gets of an answer of these lines with this body. */
function passOn(lines: readonly string[], { request = get, body = '', added = extras } = {}) {
  const { response, written } = createResponse();
  response.begin(responseHeadOf(...lines), request, added);
  const bytes = Buffer.from(`<${body}>`, 'latin1');
  for (let at = 1; at <= body.length; at += 4) response.body(bytes, at, Math.min(at + 4, body.length + 1));
  response.end();
  const text = written();
  const headEnd = text.indexOf('\r\n\r\n');
  return { lines: text.slice(0, headEnd).split('\r\n'), body: text.slice(headEnd + 4), response };
}

describe('the answer of a target', () => {
  test('is passed on with its fields as they came and with those of the gateway', () => {
    const { lines, body, response } = passOn(
      ['HTTP/1.1 201 Made  it', 'x-a:  b', 'Set-Cookie: \xe9', 'Content-Length: 5'],
      {
        body: 'hello',
      },
    );
    assert.deepEqual(lines, [
      'HTTP/1.1 201 Made  it',
      'x-a:  b',
      'Set-Cookie: \xe9',
      'Date: now',
      'Content-Length: 5',
      'X-Request-Id: id',
    ]);
    assert.equal(body, 'hello');
    assert.deepEqual([response.status, response.bodyBytes, response.closes, response.started], [201, 5, false, true]);
  });

  test('keeps the date that it has', () => {
    const { lines } = passOn(['HTTP/1.1 200 OK', 'date: then', 'Content-Length: 0']);
    assert.deepEqual(lines, ['HTTP/1.1 200 OK', 'date: then', 'Content-Length: 0', 'X-Request-Id: id']);
  });

  test('is without the fields of its connection, and those that Connection names', () => {
    const hopByHop = [
      'Connection: close, x-b',
      'Keep-Alive: timeout=5',
      'Proxy-Authenticate: x',
      'Upgrade: h2c',
      'X-B: c',
    ];
    const { lines, response } = passOn(['HTTP/1.1 200 OK', ...hopByHop, 'Trailer: A', 'Content-Length: 0']);
    assert.deepEqual(lines, ['HTTP/1.1 200 OK', 'Date: now', 'Content-Length: 0', 'X-Request-Id: id']);
    assert.equal(response.closes, false);
  });

  test('does not speak for the gateway', () => {
    const { lines } = passOn(['HTTP/1.1 200 OK', 'X-Request-Id: its own', 'X-Backend: its own', 'Content-Length: 0']);
    assert.deepEqual(lines, ['HTTP/1.1 200 OK', 'Date: now', 'Content-Length: 0', 'X-Request-Id: id']);
  });

  test('has its length once, whatever is said of the field for it', () => {
    for (const line of ['content-length:5', 'Content-Length:  5', 'Content-Length: 05', 'Content-Length: 5 ']) {
      for (const connection of ['Connection: keep-alive', 'Connection: content-length']) {
        const { lines } = passOn(['HTTP/1.1 200 OK', connection, line, 'X-A: b'], { body: 'hello' });
        const lengths = lines.filter((one) => /^content-length:/i.test(one)).map((one) => Number(one.slice(15)));
        assert.deepEqual(lengths, [5], `${line}, ${connection}`);
      }
    }
  });

  test('loses the fields that a policy replaces', () => {
    const answer = ['HTTP/1.1 200 OK', 'X-RateLimit-Limit: 9', 'Content-Length: 0'];
    assert.ok(passOn(answer).lines.includes('X-RateLimit-Limit: 9'));
    const replaced = passOn(answer, { added: { ...extras, replacedRoles: rolesOf(fieldRole.rateLimit) } });
    assert.deepEqual(replaced.lines, ['HTTP/1.1 200 OK', 'Date: now', 'Content-Length: 0', 'X-Request-Id: id']);
  });

  test('is of HTTP/1.1, whatever the target speaks', () => {
    const { lines } = passOn(['HTTP/1.0 200 Fine', 'Content-Length: 0']);
    assert.equal(lines[0], 'HTTP/1.1 200 Fine');
    assert.equal(passOn(['HTTP/1.1 200', 'Content-Length: 0']).lines[0]?.trimEnd(), 'HTTP/1.1 200');
  });

  test('says that the connection ends where it does', () => {
    const { lines, response } = passOn(['HTTP/1.1 200 OK', 'Content-Length: 0'], { added: { ...extras, close: true } });
    assert.equal(lines.at(-1), 'Connection: close');
    assert.equal(response.closes, true);
  });

  test('says to a client of HTTP/1.0 that its connection stays', () => {
    const { lines } = passOn(['HTTP/1.1 200 OK', 'Content-Length: 0'], { request: oldGet });
    assert.equal(lines.at(-1), 'Connection: keep-alive');
  });
});

describe('the body of a target’s answer', () => {
  const length = ['HTTP/1.1 200 OK', 'Content-Length: 5'];
  const chunked = ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'];
  const toClose = ['HTTP/1.1 200 OK'];
  const framingOf = (lines: readonly string[]) =>
    lines.filter((line) => /^(content-length|transfer|connection)/i.test(line));

  const cases: readonly [
    name: string,
    lines: readonly string[],
    request: typeof get,
    framing: readonly string[],
    body: string,
  ][] = [
    ['keeps its length', length, get, ['Content-Length: 5'], 'hello'],
    ['keeps its length for HTTP/1.0', length, oldGet, ['Content-Length: 5', 'Connection: keep-alive'], 'hello'],
    [
      'goes in chunks of the gateway’s own',
      chunked,
      get,
      ['Transfer-Encoding: chunked'],
      '4\r\nhell\r\n1\r\no\r\n0\r\n\r\n',
    ],
    [
      'goes in chunks where it went on to the close',
      toClose,
      get,
      ['Transfer-Encoding: chunked'],
      '4\r\nhell\r\n1\r\no\r\n0\r\n\r\n',
    ],
    ['goes on to the close for HTTP/1.0, from chunks', chunked, oldGet, ['Connection: close'], 'hello'],
    ['goes on to the close for HTTP/1.0, from a close', toClose, oldGet, ['Connection: close'], 'hello'],
    ['is left out for HEAD, which is told the length', length, head, ['Content-Length: 5'], ''],
    ['is left out for HEAD, which is told of chunks', chunked, head, ['Transfer-Encoding: chunked'], ''],
    ['is left out for HEAD, which may be told nothing', toClose, head, [], ''],
    [
      'is left out of 304, which tells the length',
      ['HTTP/1.1 304 x', 'Content-Length: 5'],
      get,
      ['Content-Length: 5'],
      '',
    ],
    ['is left out of 304 with chunks', ['HTTP/1.1 304 x', 'Transfer-Encoding: chunked'], get, [], ''],
    ['is left out of 204, which tells no length', ['HTTP/1.1 204 x', 'Content-Length: 5'], get, [], ''],
    ['is left out of 204 with chunks', ['HTTP/1.1 204 x', 'Transfer-Encoding: chunked'], get, [], ''],
  ];
  for (const [name, lines, request, framing, body] of cases) {
    test(name, () => {
      const answer = passOn(lines, { request, body: 'hello' });
      assert.deepEqual(framingOf(answer.lines), framing);
      assert.equal(answer.body, body);
      assert.equal(answer.response.closes, framing.includes('Connection: close'));
      assert.equal(answer.response.bodyBytes, body === '' ? 0 : 5);
    });
  }

  test('of length zero in chunks is the last chunk alone', () => {
    assert.equal(passOn(chunked).body, '0\r\n\r\n');
  });
});

describe('an answer of the gateway’s own', () => {
  const reply = {
    status: 404,
    fields: [
      ['Content-Type', 'text/plain'],
      ['Retry-After', '1'],
    ] as const,
    body: 'h\u00e9llo',
  };

  test('has a status line, a date, its fields, and its length in bytes of UTF-8', () => {
    const { response, written } = createResponse();
    response.reply(reply, get, extras);
    response.end();
    assert.deepEqual(written().split('\r\n'), [
      'HTTP/1.1 404 Not Found',
      'Date: now',
      'Content-Type: text/plain',
      'Retry-After: 1',
      'Content-Length: 6',
      'X-Request-Id: id',
      '',
      'hÃ©llo',
    ]);
    assert.deepEqual([response.status, response.bodyBytes, response.closes], [404, 6, false]);
  });

  test('has no body for HEAD, but its length', () => {
    const { response, written } = createResponse();
    response.reply(reply, head, extras);
    assert.match(written(), /Content-Length: 6\r\nX-Request-Id: id\r\n\r\n$/);
    assert.equal(response.bodyBytes, 0);
  });

  test('has neither body nor length as 204', () => {
    const { response, written } = createResponse();
    response.reply({ status: 204, fields: [], body: '' }, get, extras);
    assert.equal(written(), 'HTTP/1.1 204 No Content\r\nDate: now\r\nX-Request-Id: id\r\n\r\n');
  });

  test('says what becomes of the connection', () => {
    for (const [request, close, line] of [
      [get, true, 'Connection: close\r\n'],
      [oldGet, true, 'Connection: close\r\n'],
      [oldGet, false, 'Connection: keep-alive\r\n'],
      [get, false, ''],
    ] as const) {
      const { response, written } = createResponse();
      response.reply({ status: 204, fields: [], body: '' }, request, { ...extras, close });
      assert.ok(written().endsWith(`X-Request-Id: id\r\n${line}\r\n`));
      assert.equal(response.closes, close);
    }
  });
});

test('an answer that is reset knows nothing of the one before', () => {
  const { response, written, outgoing } = createResponse();
  response.begin(responseHeadOf('HTTP/1.1 200 OK'), get, { ...extras, close: true });
  response.reset(outgoing);
  assert.deepEqual([response.status, response.bodyBytes, response.closes, response.started], [0, 0, false, false]);
  const before = written();
  response.body(Buffer.from('x'), 0, 1);
  response.end();
  assert.equal(written(), before);
});

test('an interim answer does not start the answer', () => {
  const { response, written } = createResponse();
  response.interim('HTTP/1.1 100 Continue\r\n\r\n');
  assert.equal(response.started, false);
  assert.equal(written(), 'HTTP/1.1 100 Continue\r\n\r\n');
});
