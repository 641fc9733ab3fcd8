import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ErrorCode } from '../core/error-codes.ts';
import { readInEveryWay, cutAt } from './feeding.fixture.ts';
import type { HeadLimits } from './limits.ts';
import { RequestParser } from './request-parser.ts';
import { readRequest, readRequestInEveryWay as read, requestWith } from './request-reading.fixture.ts';

describe('how a request states the length of its body', () => {
  const accepted: readonly [name: string, text: string, content: string][] = [
    ['without a length there is no body', requestWith(), ''],
    ['a length of zero is no body', requestWith('Content-Length: 0'), ''],
    ['a length counts bytes', requestWith('Content-Length: 5').concat('a\0\r\n\xff'), 'a\0\r\n\xff'],
    ['zeros before a length mean nothing', requestWith('Content-Length: 0002').concat('ab'), 'ab'],
    ['blanks around a length mean nothing', requestWith('Content-Length: \t2 ').concat('ab'), 'ab'],
    ['chunks are read', requestWith('Transfer-Encoding: chunked').concat('2\r\nab\r\n0\r\n\r\n'), 'ab'],
    ['the case of chunked means nothing', requestWith('transfer-encoding: CHUNKED').concat('0\r\n\r\n'), ''],
    ['a length is for HTTP/1.0 too', 'PUT / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab', 'ab'],
  ];
  for (const [name, text, content] of accepted) {
    test(name, () => {
      const request = read(`${text}next`);
      assert.partialDeepStrictEqual(request, { error: null, content, bodyDone: true, unread: 'next' });
    });
  }

  test('the largest length is 2^53 - 1', () => {
    const { contentLength, bodyDone } = read(requestWith('Content-Length: 9007199254740991'));
    assert.equal(contentLength, Number.MAX_SAFE_INTEGER);
    assert.equal(bodyDone, false);
  });

  const refused: readonly [code: ErrorCode, lines: readonly string[]][] = [
    ['invalid_framing', ['Content-Length: 9007199254740992']],
    ['invalid_framing', ['Content-Length: 9999999999999999']],
    ['invalid_framing', ['Content-Length: 00000000000000005']],
    ['invalid_framing', ['Content-Length: 18446744073709551617']],
    ['invalid_framing', ['Content-Length:']],
    ['invalid_framing', ['Content-Length: +5']],
    ['invalid_framing', ['Content-Length: -5']],
    ['invalid_framing', ['Content-Length: 5.0']],
    ['invalid_framing', ['Content-Length: 5e0']],
    ['invalid_framing', ['Content-Length: 0x5']],
    ['invalid_framing', ['Content-Length: 5 5']],
    ['invalid_framing', ['Content-Length: 5, 5']],
    ['invalid_framing', ['Content-Length: 5,']],
    ['invalid_framing', ['Content-Length: \xb2']],
    ['invalid_framing', ['Content-Length: 5', 'Content-Length: 5']],
    ['invalid_framing', ['Content-Length: 5', 'content-length: 6']],
    ['invalid_framing', ['Content-Length: 0', 'Content-Length: 0']],
    ['invalid_framing', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['invalid_framing', ['Transfer-Encoding: chunked', 'Content-Length: 5']],
    ['invalid_framing', ['Transfer-Encoding: chunked', 'Content-Length: 0']],
    ['invalid_framing', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['invalid_framing', ['Transfer-Encoding: chunked, chunked']],
    ['invalid_framing', ['Transfer-Encoding: chunked, gzip']],
    ['invalid_framing', ['Transfer-Encoding: chunked,']],
    ['invalid_framing', ['Transfer-Encoding: , chunked']],
    ['invalid_framing', ['Transfer-Encoding:']],
    ['invalid_framing', ['Transfer-Encoding: chunked;a=b']],
    ['invalid_framing', ['Transfer-Encoding: "chunked"']],
    ['invalid_framing', ['Transfer-Encoding: \xa0chunked']],
    ['invalid_framing', ['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip']],
    ['unsupported_transfer_coding', ['Transfer-Encoding: gzip']],
    ['unsupported_transfer_coding', ['Transfer-Encoding: identity']],
    ['unsupported_transfer_coding', ['Transfer-Encoding: gzip, chunked']],
    ['unsupported_transfer_coding', ['Transfer-Encoding: xchunked']],
    ['unsupported_transfer_coding', ['Content-Length: 5', 'Transfer-Encoding: gzip']],
  ];
  for (const [code, lines] of refused) {
    test(`${JSON.stringify(lines.join(' / '))} is refused as ${code}`, () => {
      assert.equal(read(requestWith(...lines).concat('5\r\nabcde\r\n0\r\n\r\n')).error, code);
    });
  }

  test('chunks in HTTP/1.0 are refused as invalid_framing', () => {
    const request = read('POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    assert.equal(request.error, 'invalid_framing');
  });

  test('a name with an underscore is not the field that it looks like', () => {
    const request = read(requestWith('Content_Length: 5', 'Transfer_Encoding: chunked'));
    assert.partialDeepStrictEqual(request, { error: null, contentLength: -1, chunked: false });
  });
});

describe('the limits of a head', () => {
  const limits: HeadLimits = { startLineBytes: 32, headBytes: 100, fields: 3 };
  const lineOf = (bytes: number) => `GET /${'a'.repeat(bytes - 14)} HTTP/1.1`;
  const readWithin = (text: string) => read(text, limits).error;

  test('a request line may be as long as the limit says, and no longer', () => {
    assert.equal(lineOf(32).length, 32);
    assert.equal(readWithin(`${lineOf(32)}\r\nHost: a\r\n\r\n`), null);
    for (const bytes of [33, 34, 35, 36, 60]) {
      assert.equal(readWithin(`${lineOf(bytes)}\r\nHost: a\r\n\r\n`), 'request_line_too_long', `${bytes} bytes`);
    }
  });

  test('a request line is refused before it ends', () => {
    assert.equal(readWithin(lineOf(60).slice(0, 40)), 'request_line_too_long');
    assert.equal(readWithin(`\r\n${lineOf(60).slice(0, 40)}`), 'request_line_too_long');
  });

  test('a wrong byte beyond the limit does not change the answer', () => {
    assert.equal(readWithin(`${lineOf(60)}\n`), 'request_line_too_long');
    assert.equal(readWithin(`GET / HTTP/1.1\r\nHost: ${'a'.repeat(100)}\n`), 'head_too_large');
  });

  test('the start line and the fields with their line ends may be as long as the limit says, and no longer', () => {
    const headOf = (bytes: number) => `GET / HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(bytes - 30)}\r\n`;
    assert.equal(headOf(100).length, 100);
    assert.equal(readWithin(`${headOf(100)}\r\n`), null);
    for (const bytes of [101, 102, 103, 150]) {
      assert.equal(readWithin(`${headOf(bytes)}\r\n`), 'head_too_large', `${bytes} bytes`);
    }
  });

  test('a name without an end is refused', () => {
    assert.equal(readWithin(`GET / HTTP/1.1\r\n${'a'.repeat(100)}`), 'head_too_large');
  });

  test('there may be as many fields as the limit says, and no more', () => {
    const fields = ['Host: a', 'A: b', 'A: b'];
    assert.equal(readWithin(['GET / HTTP/1.1', ...fields, '', ''].join('\r\n')), null);
    assert.equal(readWithin(['GET / HTTP/1.1', ...fields, 'A: b', '', ''].join('\r\n')), 'head_too_large');
  });
});

describe('a connection', () => {
  const cases: readonly [lines: readonly string[], persistent: boolean, names: readonly string[] | null][] = [
    [[], true, null],
    [['Connection: close'], false, null],
    [['Connection: Close'], false, null],
    [['Connection: keep-alive'], true, null],
    [['Connection: keep-alive, close'], false, null],
    [['Connection: keep-alive', 'Connection: close'], false, null],
    [['Connection: X-A,\tclose , ,x-b'], false, ['x-a', 'x-b']],
    [['Connection: X-A', 'Connection: x-b'], true, ['x-a', 'x-b']],
    [['Connection:'], true, null],
  ];
  for (const [lines, persistent, connectionNames] of cases) {
    const what = `${persistent ? 'goes on' : 'ends'} and names ${connectionNames?.join(' and ') ?? 'nothing'}`;
    test(`${what} after ${lines.join(' / ') || 'no Connection field'}`, () => {
      assert.partialDeepStrictEqual(read(requestWith(...lines)), { error: null, persistent, connectionNames });
    });
  }

  test('goes on in HTTP/1.0 where keep-alive is said, unless close is said too', () => {
    assert.equal(read('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n').persistent, true);
    assert.equal(read('GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n').persistent, false);
  });

  test('is refused where Connection holds something that is no token', () => {
    for (const value of ['a b', 'close;x', '"close"', '\xe9']) {
      assert.equal(read(requestWith(`Connection: ${value}`)).error, 'malformed_request', value);
    }
  });
});

test('one parser reads request after request, and nothing of one is seen in the next', () => {
  const limits: HeadLimits = { startLineBytes: 100, headBytes: 1000, fields: 20 };
  const first = [
    'POST http://b/c?d HTTP/1.0',
    'Host: a',
    'Content-Length: 3',
    'Connection: close, x',
    'X-Request-Id: 1',
    'traceparent: 2',
    'Upgrade: h',
    'X-Forwarded-For: 3',
    'X-Forwarded-Proto: 4',
    'X-Forwarded-Host: 5',
    'Expect: 100-continue',
    '',
    '',
  ].join('\r\n');
  const second = requestWith('A: b');
  const reused = readInEveryWay(first + second, (pieces) => {
    const parser = new RequestParser(limits);
    parser.reset(limits);
    let heads = 0;
    for (const piece of pieces) {
      let at = 0;
      while (at < piece.length) {
        at = parser.feed(piece, at, piece.length);
        if (!parser.complete) continue;
        heads++;
        if (heads === 1) parser.reset(limits);
      }
    }
    const { text, starts, colons, ends, roles, ...rest } = parser.head;
    return { heads, head: rest, fieldText: text, firstField: [starts[0], colons[0], ends[0], roles[0]] };
  });
  const fresh = new RequestParser(limits);
  fresh.reset(limits);
  for (const piece of cutAt(Buffer.from(second), [])) fresh.feed(piece, 0, piece.length);
  const { text, starts, colons, ends, roles, ...rest } = fresh.head;
  assert.deepEqual(reused, {
    heads: 2,
    head: rest,
    fieldText: text,
    firstField: [starts[0], colons[0], ends[0], roles[0]],
  });
});

test('a head longer than one piece of text is read across all cuts near its borders', () => {
  const limits: HeadLimits = { startLineBytes: 8192, headBytes: 16_384, fields: 100 };
  const path = `/${'p'.repeat(4090)}`;
  const text = `GET ${path} HTTP/1.1\r\nHost: a\r\nCookie: ${'c'.repeat(8000)}\r\nA: b\r\n\r\nrest`;
  const bytes = Buffer.from(text);
  const whole = readRequest(cutAt(bytes, []), limits);
  assert.partialDeepStrictEqual(whole, { path, unread: 'rest' });
  for (const middle of [4096, 4110, 8192, 12_120]) {
    for (let cut = middle - 10; cut < middle + 10; cut++) {
      assert.deepEqual(readRequest(cutAt(bytes, [cut]), limits), whole, `cut at ${cut}`);
    }
  }
});
