import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ErrorCode } from '../core/error-codes.ts';
import type { ResponseHead } from '../core/response-head.ts';
import { readInEveryWay, readMessage, smallLimits, type ReadMessage } from './feeding.fixture.ts';
import { ResponseParser } from './response-parser.ts';

type ReadResponse = ReadMessage & { readonly head: Partial<ResponseHead> };

function read(text: string, method = 'GET'): ReadResponse {
  return readInEveryWay(text, (pieces) => {
    const parser = new ResponseParser(smallLimits);
    parser.reset(smallLimits);
    const message = readMessage(pieces, parser, { framingOf: (head) => head.framingFor(method), limits: smallLimits });
    const { status, reason, minorVersion, persistent, hasDate, keepAliveSeconds, contentLength, chunked } = parser.head;
    const head = { status, reason, minorVersion, persistent, hasDate, keepAliveSeconds, contentLength, chunked };
    return { ...message, head: message.headComplete ? head : {} };
  });
}

const responseWith = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');

describe('the status line', () => {
  const accepted: readonly [line: string, expected: Partial<ResponseHead>][] = [
    ['HTTP/1.1 200 OK', { status: 200, reason: 'OK', minorVersion: 1, persistent: true }],
    ['HTTP/1.0 200 OK', { status: 200, minorVersion: 0, persistent: false }],
    ['HTTP/1.1 200 ', { reason: '' }],
    ['HTTP/1.1 200', { reason: '' }],
    ['HTTP/1.1 404 Not  Found\t\xe9', { status: 404, reason: 'Not  Found\t\xe9' }],
    ['HTTP/1.1 100 Continue', { status: 100 }],
    ['HTTP/1.1 599 x', { status: 599 }],
    ['HTTP/1.1 299 299', { status: 299, reason: '299' }],
  ];
  for (const [line, expected] of accepted) {
    test(`may be ${JSON.stringify(line)}`, () => {
      const { error, head } = read(`${line}\r\nContent-Length: 0\r\n\r\n`);
      assert.equal(error, null);
      assert.partialDeepStrictEqual(head, expected);
    });
  }

  const refused = [
    '',
    'HTTP/1.1',
    'HTTP/1.1 ',
    'HTTP/1.1 2',
    'HTTP/1.1 20',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 200OK',
    'HTTP/1.1 099 x',
    'HTTP/1.1 000 x',
    'HTTP/1.1 600 x',
    'HTTP/1.1 999 x',
    'HTTP/1.1 -20 x',
    'HTTP/1.1 2x0 x',
    'HTTP/1.1  200 OK',
    'HTTP/1.1	200 OK',
    ' HTTP/1.1 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.2 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/2 200',
    'HTTP/0.9 200 OK',
    'HTTP/1.10 200',
    'HTTP/11 200 OK',
    'ICY 200 OK',
    'HTTP/1.1 200	OK',
    'HTTP/1.1 200 O\0K',
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200 OK\r',
    'HTTP/1.1 ²°° OK',
    '200 OK',
    'GET / HTTP/1.1',
    '<html>',
  ];
  for (const line of refused) {
    test(`may not be ${JSON.stringify(line)}`, () => {
      assert.equal(read(`${line}\r\nContent-Length: 0\r\n\r\n`).error, 'upstream_invalid_response');
    });
  }

  test('does not follow an empty line', () => {
    assert.equal(read(`\r\n${responseWith()}`).error, 'upstream_invalid_response');
  });

  test('keeps within the limit', () => {
    const lineOf = (bytes: number) => 'HTTP/1.1 200 '.padEnd(bytes, 'x');
    assert.equal(read(`${lineOf(smallLimits.startLineBytes)}\r\n\r\n`).error, null);
    assert.notEqual(read(`${lineOf(smallLimits.startLineBytes + 1)}\r\n\r\n`).error, null);
  });
});

describe('the head of a response', () => {
  const refused: readonly [code: ErrorCode, text: string][] = [
    ['upstream_invalid_response', 'HTTP/1.1 200 OK\n\n'],
    ['upstream_invalid_response', 'HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n'],
    ['upstream_invalid_response', responseWith('A : b')],
    ['upstream_invalid_response', responseWith(': b')],
    ['upstream_invalid_response', responseWith('A')],
    ['upstream_invalid_response', responseWith('A: b', ' c')],
    ['upstream_invalid_response', responseWith('A: b\0')],
    ['upstream_invalid_response', responseWith('A: b\rSet-Cookie: c')],
    ['upstream_invalid_response', responseWith('A\xe9: b')],
    ['upstream_invalid_response', 'HTTP/1.0 100 Continue\r\n\r\n'],
    ['upstream_invalid_response', 'HTTP/1.0 103 x\r\nConnection: keep-alive\r\n\r\n'],
    ['upstream_invalid_response', 'HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n'],
    ['upstream_invalid_response', 'HTTP/1.1 103 x\r\nConnection: a, Close\r\n\r\n'],
    ['malformed_request', responseWith('Connection: a b')],
    ['invalid_framing', responseWith('Content-Length: 5', 'Content-Length: 6')],
    ['invalid_framing', responseWith('Content-Length: 5, 5')],
    ['invalid_framing', responseWith('Content-Length: -1')],
    ['invalid_framing', responseWith('Content-Length: 5', 'Transfer-Encoding: chunked')],
    ['invalid_framing', responseWith('Transfer-Encoding: chunked', 'Content-Length: 5')],
    ['invalid_framing', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['invalid_framing', responseWith('Transfer-Encoding: chunked, gzip')],
    ['unsupported_transfer_coding', responseWith('Transfer-Encoding: gzip')],
    ['head_too_large', responseWith(`A: ${'b'.repeat(256)}`)],
    ['head_too_large', responseWith(...Array.from({ length: 7 }, () => 'A: b'))],
  ];
  for (const [code, text] of refused) {
    test(`${JSON.stringify(text.slice(15, 60))} is refused as ${code}`, () => assert.equal(read(text).error, code));
  }

  test('has its fields as they were spelled', () => {
    const { fields, head } = read(responseWith('x-A:  b\t', 'SET-cookie: \xe9', 'DATE: now', 'Content-Length: 0'));
    assert.deepEqual(fields.slice(0, 2), [
      ['x-A', 'b'],
      ['SET-cookie', '\xe9'],
    ]);
    assert.equal(head.hasDate, true);
  });

  test('says how long the target keeps the connection', () => {
    const cases: Readonly<Record<string, number>> = {
      'timeout=5': 5,
      'timeout=5, max=100': 5,
      'max=100 , Timeout = 7': 7,
      'timeout=0': 0,
      'timeout=': -1,
      'timeout=x': -1,
      'timeout=-3': -1,
      'timeout=99999999999999999999': -1,
      'max=5': -1,
      '': -1,
    };
    for (const [value, seconds] of Object.entries(cases)) {
      const { head } = read(responseWith(`Keep-Alive: ${value}`, 'Content-Length: 0'));
      assert.equal(head.keepAliveSeconds, seconds, value);
    }
  });

  test('ends the connection where it says so or is of HTTP/1.0', () => {
    assert.equal(read(responseWith('Connection: close')).head.persistent, false);
    assert.equal(read('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n').head.persistent, true);
  });
});

describe('the body of a response', () => {
  const cases: readonly [name: string, method: string, text: string, expected: Partial<ReadMessage>][] = [
    [
      'is as long as stated',
      'GET',
      responseWith('Content-Length: 2').concat('abc'),
      { content: 'ab', unread: 'c', bodyDone: true },
    ],
    [
      'comes in chunks',
      'GET',
      responseWith('Transfer-Encoding: chunked').concat('1\r\na\r\n0\r\n\r\nc'),
      { content: 'a', unread: 'c' },
    ],
    [
      'goes on to the close where nothing is stated',
      'GET',
      responseWith().concat('abc'),
      { content: 'abc', bodyDone: false },
    ],
    [
      'does not follow a HEAD',
      'HEAD',
      responseWith('Content-Length: 2').concat('ab'),
      { content: '', unread: 'ab', bodyDone: true },
    ],
    [
      'does not follow a HEAD in chunks',
      'HEAD',
      responseWith('Transfer-Encoding: chunked').concat('0'),
      { unread: '0' },
    ],
    ['does not follow 204', 'GET', 'HTTP/1.1 204 x\r\nContent-Length: 1\r\n\r\na', { content: '', unread: 'a' }],
    [
      'does not follow 304',
      'GET',
      'HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n0',
      { content: '', unread: '0' },
    ],
    ['does not follow 103', 'GET', 'HTTP/1.1 103 x\r\nContent-Length: 1\r\n\r\na', { content: '', unread: 'a' }],
    [
      'is refused with its chunks',
      'GET',
      responseWith('Transfer-Encoding: chunked').concat('x'),
      { error: 'invalid_chunk' },
    ],
  ];
  for (const [name, method, text, expected] of cases) {
    test(name, () => assert.partialDeepStrictEqual(read(text, method), expected));
  }
});
