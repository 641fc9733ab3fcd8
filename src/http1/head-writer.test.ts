import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assert as assertProperty, constantFrom, property, subarray } from 'fast-check';
import { errorCodes } from '../core/error-codes.ts';
import { fieldRole } from '../core/field-names.ts';
import type { RequestHead } from '../core/request-head.ts';
import { RequestParser } from './request-parser.ts';
import {
  chunkLine,
  endToEndFields,
  lastChunk,
  lengthLine,
  rolesOf,
  startLineAndFields,
  statusLine,
} from './head-writer.ts';
import { defaultHeadLimits } from './limits.ts';

const plain = rolesOf(fieldRole.plain);

function headOf(text: string): RequestHead {
  const parser = new RequestParser(defaultHeadLimits);
  parser.reset(defaultHeadLimits);
  const bytes = Buffer.from(text, 'latin1');
  parser.feed(bytes, 0, bytes.length);
  assert.equal(parser.error, null);
  return parser.head;
}

function fieldsPassedOn(lines: readonly string[], passing = plain): string[] {
  const text = endToEndFields(headOf(['GET / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n')), passing);
  assert.ok(text === '' || text.endsWith('\r\n'));
  return text === '' ? [] : text.slice(0, -2).split('\r\n');
}

describe('the fields that travel end to end', () => {
  test('are passed on byte by byte, in their order', () => {
    const lines = ['accept:*/*', 'X-B:  \t two  words \t', 'x-c: \xe9\xff', 'X-B: again', 'Empty:'];
    assert.deepEqual(fieldsPassedOn(lines), lines);
  });

  test('are without those of one connection', () => {
    const hopByHop = [
      'Connection: keep-alive',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: x',
      'proxy-anything: x',
      'TE: trailers',
      'Trailer: A',
      'Upgrade: h2c',
      'Transfer-Encoding: chunked',
    ];
    assert.deepEqual(fieldsPassedOn(['A: b', ...hopByHop, 'C: d']), ['A: b', 'C: d']);
  });

  test('are without those that Connection names, in any case and over several fields', () => {
    const lines = ['X-A: 1', 'Connection: x-a, Cookie', 'COOKIE: 2', 'X-AB: 3', 'connection: X-C', 'x-c: 4', 'X-D: 5'];
    assert.deepEqual(fieldsPassedOn(lines), ['X-AB: 3', 'X-D: 5']);
  });

  test('are those of the roles that are asked for, and no others', () => {
    const lines = ['Date: 1', 'Forwarded: 2', 'X-Real-IP: 3', 'X-Backend: 4', 'X-Request-Id: 5', 'A: 6'];
    assert.deepEqual(fieldsPassedOn(lines), ['A: 6']);
    assert.deepEqual(fieldsPassedOn(lines, rolesOf(fieldRole.date)), ['Date: 1']);
    const several = rolesOf(fieldRole.plain, fieldRole.forwardedOther, fieldRole.backend);
    assert.deepEqual(fieldsPassedOn(lines, several), ['Forwarded: 2', 'X-Real-IP: 3', 'X-Backend: 4', 'A: 6']);
    assert.deepEqual(fieldsPassedOn(lines, rolesOf()), []);
  });

  test('are each there once, whichever are left out between them', () => {
    const all = ['A: 1', 'TE: x', 'B: 2', 'Proxy-A: x', 'C: 3', 'D: 4', 'X-Request-Id: x'];
    assertProperty(
      property(subarray(all), constantFrom('', 'Connection: c'), (lines, connection) => {
        const expected = lines.filter((line) => /^[A-D]: /.test(line) && !(connection !== '' && line.startsWith('C:')));
        assert.deepEqual(fieldsPassedOn(connection === '' ? lines : [...lines, connection]), expected);
      }),
    );
  });
});

test('a start line comes before the fields as it was, wherever it stood', () => {
  const line = 'GET /a?b HTTP/1.1\r\n';
  const cases: readonly [text: string, passedOn: string][] = [
    [`${line}Host: a\r\n\r\n`, line],
    [`${line}A: b\r\nHost: a\r\nC: d\r\n\r\n`, `${line}A: b\r\nC: d\r\n`],
    [`\r\n${line}Host: a\r\nA: b\r\nTE: x\r\nC: d\r\n\r\n`, `${line}A: b\r\nC: d\r\n`],
    [`${line}Host: a\r\nConnection: a\r\nA: b\r\n\r\n`, line],
  ];
  for (const [text, passedOn] of cases) assert.equal(startLineAndFields(headOf(text), plain), passedOn);
});

describe('what the gateway writes itself', () => {
  test('is a status line with a reason for every status that it answers with', () => {
    assert.equal(statusLine(204), 'HTTP/1.1 204 No Content\r\n');
    for (const { status } of Object.values(errorCodes)) {
      if (status === 499) continue;
      assert.match(statusLine(status), new RegExp(`^HTTP/1\\.1 ${status} [A-Z][A-Za-z -]+\r\n$`));
    }
  });

  test('is a status line with an empty reason for an unknown status', () => {
    assert.equal(statusLine(299), 'HTTP/1.1 299 \r\n');
  });

  test('is the length of a body, whichever others came before', () => {
    for (const length of [0, 5, 261, 5, 2 ** 32 + 5, 5, 2 ** 53 - 1, 255, 0]) {
      assert.equal(lengthLine(length), `Content-Length: ${length}\r\n`);
    }
  });

  test('is the size of a chunk in hexadecimal, and a last chunk without trailers', () => {
    assert.equal(chunkLine(1), '1\r\n');
    assert.equal(chunkLine(65_535), 'ffff\r\n');
    assert.equal(lastChunk, '0\r\n\r\n');
  });
});
