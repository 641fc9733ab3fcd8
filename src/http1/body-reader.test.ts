import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as assertProperty, boolean, integer, property, record, uint8Array } from 'fast-check';
import type { ErrorCode } from '../core/error-codes.ts';
import type { BodyFraming } from '../core/message-head.ts';
import { BodyReader } from './body-reader.ts';
import { cutAt, readInEveryWay, smallLimits } from './feeding.fixture.ts';
import { chunkLine, lastChunk } from './head-writer.ts';

interface ReadBody {
  readonly content: string;
  readonly done: boolean;
  readonly error: ErrorCode | null;
  readonly received: number;
  readonly unread: string;
  /** Whether the body is whole if the sender closes now. */
  readonly endsWell: boolean;
}

function readPieces(pieces: Iterable<Buffer>, framing: BodyFraming, contentLength: number): ReadBody {
  const body = new BodyReader();
  body.begin(framing, contentLength, smallLimits);
  let content = '';
  let unread = '';
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length && !body.done && body.error === null) {
      const next = body.next(piece, at, piece.length);
      assert.ok(next > at && next <= piece.length, 'every call reads on');
      assert.ok(body.dataStart >= at && body.dataEnd >= body.dataStart && body.dataEnd <= next);
      content += piece.toString('latin1', body.dataStart, body.dataEnd);
      at = next;
    }
    if (body.error === null) unread += piece.toString('latin1', at);
  }
  const { done, error, received } = body;
  assert.equal(received, content.length);
  return { content, done, error, received, unread, endsWell: error === null && body.endOfStream() };
}

function readChunked(text: string): ReadBody {
  return readInEveryWay(text, (pieces) => readPieces(pieces, 'chunked', 0));
}

describe('a body with a length', () => {
  const read = (text: string, length: number) => readInEveryWay(text, (pieces) => readPieces(pieces, 'length', length));

  test('ends after that many bytes, and what follows is left alone', () => {
    assert.partialDeepStrictEqual(read('abcdef', 4), { content: 'abcd', done: true, unread: 'ef', endsWell: true });
  });

  test('is not whole while bytes are missing', () => {
    assert.partialDeepStrictEqual(read('abc', 4), { content: 'abc', done: false, endsWell: false });
  });

  test('is over before it begins where the length is zero', () => {
    assert.partialDeepStrictEqual(read('a', 0), { content: '', done: true, unread: 'a', endsWell: true });
  });
});

test('a message without a body is over before it begins', () => {
  const body = readInEveryWay('abc', (pieces) => readPieces(pieces, 'none', 5));
  assert.partialDeepStrictEqual(body, { content: '', done: true, unread: 'abc' });
});

test('a body up to the close is never done before it, and always whole then', () => {
  const body = readInEveryWay('a\r\n\0b', (pieces) => readPieces(pieces, 'close', -1));
  assert.partialDeepStrictEqual(body, { content: 'a\r\n\0b', done: false, unread: '', endsWell: true });
});

describe('a body in chunks', () => {
  const accepted: readonly [name: string, text: string, content: string][] = [
    ['may be empty', '0\r\n\r\n', ''],
    ['may have several chunks', '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n', 'abcde'],
    ['may hold any byte', '7\r\n\r\n\0\xff0\r\n\r\n0\r\n\r\n', '\r\n\0\xff0\r\n'],
    [
      'has sizes in hexadecimal of either case',
      `a\r\n${'x'.repeat(10)}\r\nB\r\n${'y'.repeat(11)}\r\n0\r\n\r\n`,
      'x'.repeat(10) + 'y'.repeat(11),
    ],
    ['may have a size of 8 digits', '00000003\r\nabc\r\n00000000\r\n\r\n', 'abc'],
    ['loses its extensions', '1;a\r\nx\r\n1;a=b;c="d;\\"\t\xe9"\r\ny\r\n0;e=""\r\n\r\n', 'xy'],
    [
      'may have 256 bytes of extensions in each chunk',
      `1;${'e'.repeat(256)}\r\nx\r\n0;${'e'.repeat(256)}\r\n\r\n`,
      'x',
    ],
    ['loses its trailers', '1\r\nx\r\n0\r\nA: b\r\nX-Content-Length: 9\r\nC:\r\n\r\n', 'x'],
  ];
  for (const [name, text, content] of accepted) {
    test(name, () => {
      const expected = { content, done: true, error: null, received: content.length, unread: 'next', endsWell: true };
      assert.deepEqual(readChunked(`${text}next`), expected);
    });
  }

  const refused: Readonly<Record<string, string>> = {
    'a size of 9 digits': '000000001\r\nx\r\n0\r\n\r\n',
    'a size of no digits': '\r\nx\r\n0\r\n\r\n',
    'a size that is no number': 'g\r\n',
    'a size with a sign': '+1\r\nx\r\n',
    'a negative size': '-1\r\nx\r\n',
    'a size with 0x': '0x1\r\nx\r\n',
    'a size with an underscore': '1_0\r\n',
    'a blank before a size': ' 1\r\nx\r\n',
    'a blank after a size': '1 \r\nx\r\n',
    'a tab after a size': '1\t\r\nx\r\n',
    'a bare LF after a size': '1\nx\r\n',
    'a bare CR after a size': '1\rx\r\n',
    'a NUL in a size': '1\0\r\nx\r\n',
    'extensions without a size': ';a\r\nx\r\n',
    'no CRLF after a chunk': '1\r\nxy\r\n',
    'a bare LF after a chunk': '1\r\nx\n0\r\n\r\n',
    'a bare CR after a chunk': '1\r\nx\r0\r\n\r\n',
    'a chunk longer than its size': '1\r\nxx\r\n0\r\n\r\n',
    'a chunk shorter than its size': '3\r\nx\r\n0\r\n\r\n',
    '257 bytes of extensions': `1;${'e'.repeat(257)}\r\nx\r\n`,
    '257 bytes of extensions that never end': `1;${'e'.repeat(257)}`,
    'a bare LF in an extension': '1;a\nx\r\n',
    'a bare CR in an extension': '1;a\rb\r\nx\r\n',
    'a bare LF in a quoted extension': '1;a="\n"\r\nx\r\n',
    'a CRLF in a quoted extension': '1;a="\r\nx\r\n',
    'a NUL in a quoted extension': '1;a="\0"\r\nx\r\n',
    'a DEL in a quoted extension': '1;a="\\\x7f"\r\nx\r\n',
    'an empty extension': '1;\r\nx\r\n',
    'an empty extension among others': '1;a;;b\r\nx\r\n',
    'an extension without a name': '1;=a\r\nx\r\n',
    'an extension without a value': '1;a=\r\nx\r\n',
    'an extension with two values': '1;a=b=c\r\nx\r\n',
    'a blank before an extension': '1; a\r\nx\r\n',
    'a blank in an extension': '1;a b\r\nx\r\n',
    'text after a quoted extension': '1;a="b"c\r\nx\r\n',
    'a quote in a name': '1;"a"\r\nx\r\n',
    'an extension beyond ASCII': '1;\xe9\r\nx\r\n',
    'a bare LF at the end': '0\r\n\n',
    'a bare LF after the last size': '0\n\r\n',
    'a length among the trailers': '0\r\nContent-Length: 5\r\n\r\n',
    'a transfer coding among the trailers': '0\r\ntransfer-encoding: chunked\r\n\r\n',
    'a host among the trailers': '0\r\nHost: b\r\n\r\n',
    'options of the connection among the trailers': '0\r\nConnection: close\r\n\r\n',
    'a wish to upgrade among the trailers': '0\r\nUpgrade: h2c\r\n\r\n',
    'a trailer without a colon': '0\r\nA\r\n\r\n',
    'a trailer with a space before the colon': '0\r\nA : b\r\n\r\n',
    'a trailer without a name': '0\r\n: b\r\n\r\n',
    'a folded trailer': '0\r\nA: b\r\n c\r\n\r\n',
    'a bare LF after a trailer': '0\r\nA: b\n\r\n',
    'a control character in a trailer': '0\r\nA: \x01\r\n\r\n',
  };
  for (const [name, text] of Object.entries(refused)) {
    test(`is refused for ${name}`, () => {
      assert.partialDeepStrictEqual(readChunked(text), { error: 'invalid_chunk', done: false, endsWell: false });
    });
  }

  test('is refused where its trailers go beyond the limits of a head', () => {
    const field = 'A: b\r\n';
    assert.equal(readChunked(`0\r\n${field.repeat(smallLimits.fields)}\r\n`).error, null);
    assert.equal(readChunked(`0\r\n${field.repeat(smallLimits.fields + 1)}\r\n`).error, 'head_too_large');
    assert.equal(readChunked(`0\r\nA: ${'b'.repeat(smallLimits.headBytes - 5)}\r\n\r\n`).error, null);
    assert.equal(readChunked(`0\r\nA: ${'b'.repeat(smallLimits.headBytes - 4)}\r\n\r\n`).error, 'head_too_large');
    assert.equal(readChunked(`0\r\n${'A'.repeat(smallLimits.headBytes + 2)}`).error, 'head_too_large');
  });

  test('is whole only with its last byte', () => {
    const text = '3;a="b"\r\nabc\r\n0\r\nA: b\r\n\r\n';
    for (let end = 0; end < text.length; end++) {
      const { done, error, endsWell } = readPieces(cutAt(Buffer.from(text.slice(0, end)), []), 'chunked', 0);
      assert.deepEqual({ done, error, endsWell }, { done: false, error: null, endsWell: false }, text.slice(0, end));
    }
  });

  test('is what was written in chunks, however it is cut', () => {
    const chunk = uint8Array({ minLength: 1, maxLength: 40 });
    const body = record({
      chunks: array(chunk, { maxLength: 8 }),
      cuts: array(integer({ min: 1, max: 400 })),
      large: boolean(),
    });
    assertProperty(
      property(body, ({ chunks, cuts, large }) => {
        const parts = large ? [...chunks, new Uint8Array(70_000).fill(65)] : chunks;
        const pieces = parts.flatMap((part) => [
          Buffer.from(chunkLine(part.length)),
          Buffer.from(part),
          Buffer.from('\r\n'),
        ]);
        const bytes = Buffer.concat([...pieces, Buffer.from(lastChunk)]);
        const inside = [...new Set(cuts)].filter((cut) => cut < bytes.length).toSorted((a, b) => a - b);
        const { content, done, unread } = readPieces(cutAt(bytes, inside), 'chunked', 0);
        assert.equal(content, Buffer.concat(parts).toString('latin1'));
        assert.deepEqual({ done, unread }, { done: true, unread: '' });
      }),
    );
  });
});

test('one reader reads body after body, whatever became of the one before', () => {
  const body = new BodyReader();
  for (const text of ['2;a\r\nxy\r\n0\r\nA: b\r\n\r\n', '12345678;a="', 'zz', '1\r\nabc', '0\r\nA']) {
    body.begin('chunked', 0, smallLimits);
    for (let at = 0; at < text.length && body.error === null;) at = body.next(Buffer.from(text), at, text.length);
    body.begin('chunked', 0, smallLimits);
    const good = Buffer.from('00000001;b\r\nz\r\n0\r\nC: d\r\n\r\n');
    let content = '';
    for (let at = 0; at < good.length && !body.done;) {
      at = body.next(good, at, good.length);
      assert.equal(body.error, null, text);
      content += good.toString('latin1', body.dataStart, body.dataEnd);
    }
    assert.deepEqual([content, body.done, body.received], ['z', true, 1], text);
  }
});
