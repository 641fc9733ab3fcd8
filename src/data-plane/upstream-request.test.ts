import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  array,
  assert as assertProperty,
  boolean,
  constantFrom,
  property,
  record,
  string,
  stringMatching,
  tuple,
} from 'fast-check';
import type { RequestHead } from '../core/request-head.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { requestHeadOf } from './parsed-head.fixture.ts';
import { RequestIdentity } from './request-identity.ts';
import { forwardedFields, upstreamRequestHead } from './upstream-request.ts';

const ids = ['X-Request-Id: id', 'traceparent: trace'];
const forwarded = ['X-Forwarded-For: 192.0.2.9', 'X-Forwarded-Proto: http', 'X-Forwarded-Host: a'];

/** What a target gets, line by line, of a request with this head. */
function linesFor(head: RequestHead, { path = head.path, trusted = false } = {}): string[] {
  const ip = '192.0.2.9';
  const identity = new RequestIdentity();
  identity.beginGiven('id', 'trace');
  const text = upstreamRequestHead(
    {
      head,
      sentPath: path,
      sentHostLine: null,
      requestFields: '',
      identity,
      snapshot: {} as Snapshot,
    },
    { hostLine: 'Host: target:80\r\n' },
    {
      ip,
      isTrusted: () => trusted,
      forwardedLines: (host) => forwardedFields({ forwardedFor: ip, proto: 'http', host }),
    },
  );
  assert.ok(text.endsWith('\r\n\r\n'));
  return text.slice(0, -4).split('\r\n');
}

const linesOf = (...lines: string[]) => linesFor(requestHeadOf(...lines));

describe('the request line that a target gets', () => {
  test('has the method, the normalised path and the query', () => {
    const head = requestHeadOf('GET /a/../b?c=../d HTTP/1.1', 'Host: a');
    assert.equal(linesFor(head, { path: '/b' })[0], 'GET /b?c=../d HTTP/1.1');
  });

  test('is the one that came where that is normal already', () => {
    assert.equal(linesOf('GET /b?c HTTP/1.1', 'Host: a')[0], 'GET /b?c HTTP/1.1');
    assert.equal(linesOf('', 'X!y /b? HTTP/1.1', 'Host: a')[0], 'X!y /b? HTTP/1.1');
  });

  test('is of HTTP/1.1 and of origin form, whatever came', () => {
    assert.equal(linesOf('GET /b HTTP/1.0')[0], 'GET /b HTTP/1.1');
    assert.equal(linesOf('GET http://a/b?c HTTP/1.1', 'Host: a')[0], 'GET /b?c HTTP/1.1');
    assert.equal(linesOf('GET http://a?c HTTP/1.1', 'Host: a')[0], 'GET /?c HTTP/1.1');
  });
});

describe('the fields that a target gets', () => {
  test('are the end-to-end fields as they came, between those of the gateway', () => {
    assert.deepEqual(linesOf('GET / HTTP/1.1', 'x-a:  b', 'Host: a', 'Cookie: \xe9', 'Date: now'), [
      'GET / HTTP/1.1',
      'Host: target:80',
      'x-a:  b',
      'Cookie: \xe9',
      'Date: now',
      ...forwarded,
      ...ids,
    ]);
  });

  test('are without those of the connection, and without those that Connection names', () => {
    const hopByHop = [
      'Connection: x-b, close, te',
      'Keep-Alive: 5',
      'Proxy-Connection: x',
      'TE: trailers',
      'Trailer: A',
    ];
    const lines = linesOf('GET / HTTP/1.1', 'Host: a', ...hopByHop, 'Upgrade: h2c', 'X-B: 1', 'X-C: 2');
    assert.deepEqual(lines, ['GET / HTTP/1.1', 'Host: target:80', 'X-C: 2', ...forwarded, ...ids]);
  });

  test('are those of the gateway whatever Connection names', () => {
    const named =
      'Connection: host, content-length, x-forwarded-for, x-forwarded-proto, x-forwarded-host, x-request-id';
    const lines = linesOf('POST / HTTP/1.1', 'Host: a', `${named}, traceparent`, 'Content-Length: 5');
    assert.deepEqual(lines, ['POST / HTTP/1.1', 'Host: target:80', ...forwarded, 'Content-Length: 5', ...ids]);
  });

  test('are without the expectation, which is for the gateway', () => {
    const lines = linesOf('PUT / HTTP/1.1', 'Host: a', 'Expect: 100-continue', 'Content-Length: 5');
    assert.deepEqual(lines, ['PUT / HTTP/1.1', 'Host: target:80', ...forwarded, 'Content-Length: 5', ...ids]);
  });

  test('are without ids that the client made up', () => {
    const lines = linesOf('GET / HTTP/1.1', 'Host: a', 'X-Request-Id: mine', 'traceparent: mine', 'X-Request-Id: more');
    assert.deepEqual(lines.slice(-2), ids);
    assert.doesNotMatch(lines.join('\n'), /mine|more/);
  });
});

describe('the framing that a target gets', () => {
  test('is a length although its field was taken away', () => {
    const head = requestHeadOf('PUT / HTTP/1.1', 'Host: a', 'Content-Length: 5');
    head.remove('content-length');
    assert.deepEqual(linesFor(head), ['PUT / HTTP/1.1', 'Host: target:80', ...forwarded, 'Content-Length: 5', ...ids]);
  });

  const cases: readonly [name: string, lines: readonly string[], framing: readonly string[]][] = [
    ['is a length for a length', ['PUT / HTTP/1.1', 'Host: a', 'content-length: 005'], ['Content-Length: 5']],
    [
      'is a length although its field is said to be of this hop only',
      ['PUT / HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Connection: Content-Length'],
      ['Content-Length: 5'],
    ],
    [
      'is chunks for chunks',
      ['PUT / HTTP/1.1', 'Host: a', 'transfer-encoding: CHUNKED'],
      ['Transfer-Encoding: chunked'],
    ],
    ['is nothing for a GET without a body', ['GET / HTTP/1.1', 'Host: a'], []],
    [
      'is a length of zero where the client says so',
      ['GET / HTTP/1.1', 'Host: a', 'Content-Length: 0'],
      ['Content-Length: 0'],
    ],
    ['is a length of zero for a POST without a body', ['POST / HTTP/1.1', 'Host: a'], ['Content-Length: 0']],
    ['is a length of zero for a PUT without a body', ['PUT / HTTP/1.1', 'Host: a'], ['Content-Length: 0']],
    ['is a length of zero for a PATCH without a body', ['PATCH / HTTP/1.1', 'Host: a'], ['Content-Length: 0']],
    ['is nothing for a DELETE without a body', ['DELETE / HTTP/1.1', 'Host: a'], []],
    ['is not what a name with an underscore says', ['GET / HTTP/1.1', 'Host: a', 'Content_Length: 5'], []],
  ];
  for (const [name, lines, framing] of cases) {
    test(name, () => {
      const found = linesOf(...lines).filter((line) => /^(content.length|transfer.encoding):/i.test(line));
      assert.deepEqual(found, framing);
    });
  }
});

describe('what a target is told of earlier hops', () => {
  const lines = [
    'GET / HTTP/1.1',
    'Host: a',
    'X-Forwarded-For: 198.51.100.1',
    'X-Forwarded-For: 10.0.0.1',
    'X-Forwarded-Proto: https',

    'X-Forwarded-Host: outer',
    'Forwarded: for=198.51.100.1',
    'X-Real-IP: 198.51.100.1',
    'X-Forwarded-Port: 443',
    'X_Forwarded_For: 203.0.113.1',
  ];

  test('is nothing of what an untrusted peer says', () => {
    assert.deepEqual(linesOf(...lines), ['GET / HTTP/1.1', 'Host: target:80', ...forwarded, ...ids]);
  });

  test('is what a trusted peer says, with the peer added to it', () => {
    assert.deepEqual(linesFor(requestHeadOf(...lines), { trusted: true }), [
      'GET / HTTP/1.1',
      'Host: target:80',
      'Forwarded: for=198.51.100.1',
      'X-Real-IP: 198.51.100.1',
      'X-Forwarded-Port: 443',
      'X-Forwarded-For: 198.51.100.1, 10.0.0.1, 192.0.2.9',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: outer',
      ...ids,
    ]);
  });

  test('is what the gateway knows itself where a trusted peer says nothing', () => {
    const told = linesFor(requestHeadOf('GET / HTTP/1.1', 'Host: a'), { trusted: true });
    assert.deepEqual(told, ['GET / HTTP/1.1', 'Host: target:80', ...forwarded, ...ids]);
  });

  test('is the host of the absolute form, and no host where there was none', () => {
    assert.ok(linesOf('GET http://b:81/ HTTP/1.1', 'Host: a').includes('X-Forwarded-Host: b:81'));
    assert.doesNotMatch(linesOf('GET / HTTP/1.0').join('\n'), /X-Forwarded-Host/);
  });
});

const name = stringMatching(/^[Xx]-[a-z]{1,8}$/);
const value = string({ unit: constantFrom('a', 'b', ' ', ',', ';', '=', '"', '\t', '\x80', '\xff'), maxLength: 12 });

test('a request that is read, written, read and written again stays the same', () => {
  const request = record({
    method: constantFrom('GET', 'POST', 'DELETE', 'M-SEARCH'),
    path: array(stringMatching(/^[a-z0-9~._-]{1,5}$/), { minLength: 1, maxLength: 4 }).map(
      (segments) => `/${segments.join('/')}`,
    ),
    query: constantFrom('', '?', '?a=b', '?/../%2e'),
    fields: array(tuple(name, value), { maxLength: 12 }),
    framing: constantFrom('Content-Length: 7', 'Transfer-Encoding: chunked', 'X-None: 1'),
    trusted: boolean(),
  });
  assertProperty(
    property(request, ({ method, path, query, fields, framing, trusted }) => {
      const plain = fields.filter(([one]) => !/^x-backend$/i.test(one));
      const written = plain.map(([one, text]) => `${one}:${text}`);
      const first = requestHeadOf(`${method} ${path}${query} HTTP/1.1`, 'Host: a', ...written, framing);
      const lines = linesFor(first, { trusted });
      const second = requestHeadOf(...lines);
      assert.deepEqual(
        [second.method, second.path, second.query, second.chunked, second.contentLength],
        [method, path, query, first.chunked, framing === 'X-None: 1' && method === 'POST' ? 0 : first.contentLength],
      );
      for (const [index, line] of written.entries()) assert.equal(lines[2 + index], line);
      const third = linesFor(second, { path });
      assert.deepEqual(third.slice(0, 2 + written.length), lines.slice(0, 2 + written.length));
    }),
  );
});
