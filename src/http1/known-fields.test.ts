import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as assertProperty, constantFrom, integer, property, record, tuple } from 'fast-check';
import { listFields } from './feeding.fixture.ts';
import { RequestParser } from './request-parser.ts';
import { ResponseParser } from './response-parser.ts';
import type { HeadLimits } from './limits.ts';

const limits: HeadLimits = { startLineBytes: 64, headBytes: 1024, fields: 8 };
const narrow: HeadLimits = { startLineBytes: 64, headBytes: 160, fields: 4 };

const lines = [
  'Host: a',
  'Host: b.example',
  'hOST: a',
  'Accept: */*',
  'Accept: */*;q=0.1',
  'Content-Length: 0',
  'Content-Length: 12',
  'Connection: keep-alive',
  'Connection: close',
  'Connection: x-named',
  'X-Named: 1',
  'X_Named: 1',
  `X-Long: ${'v'.repeat(300)}`,
  'Bad Name: 1',
  'Folded: 1\r\n 2',
  'X-Request-Id: one',
  'Cookie: a=b',
];

const message = record({
  path: constantFrom('/', '/a', '/a/longer/path', '/b?query'),
  fields: array(constantFrom(...lines), { maxLength: 9 }),
  end: constantFrom('\r\n\r\n', '\r\n\r\n', '\r\n\r\n', '\r\n', '\n\n', '\r\n\r'),
  cut: integer({ min: 0, max: 3 }),
  limits: constantFrom(limits, limits, limits, narrow),
  hides: integer({ min: -1, max: 3 }),
});

/** What a parser makes of a message that comes in up to two pieces, with everything that others could ask for. */
function read(parser: RequestParser | ResponseParser, text: string, how: { cut: number; limits: HeadLimits }): unknown {
  const bytes = Buffer.from(text, 'latin1');
  parser.reset(how.limits);
  const cut = Math.floor((bytes.length * how.cut) / 3);
  let used = parser.feed(bytes, 0, cut);
  if (!parser.complete && parser.error === null) used = parser.feed(bytes, used, bytes.length);
  const { head, complete, error } = parser;
  if (!complete) return { error };
  const { text: headText, fieldCount, startLineStart, startLineEnd, persistent, contentLength, connectionNames } = head;
  const roles = head.roles.slice(0, fieldCount);
  const told = { headText, startLineStart, startLineEnd, persistent, contentLength, connectionNames, roles };
  const special = 'host' in head ? { host: head.host, path: head.path, query: head.query, id: head.requestId } : {};
  return { used, ...told, ...special, fields: listFields(head) };
}

for (const { name, startLine, create } of [
  { name: 'request', startLine: (path: string) => `GET ${path} HTTP/1.1`, create: () => new RequestParser(limits) },
  { name: 'response', startLine: (path: string) => `HTTP/1.1 200 ${path}`, create: () => new ResponseParser(limits) },
]) {
  test(`a ${name} is read as if there had been none before it`, () => {
    assertProperty(
      property(array(message, { minLength: 2, maxLength: 8 }), (messages) => {
        const parser = create();
        for (const { path, fields, end, ...how } of messages) {
          const text = [startLine(path), ...fields].join('\r\n') + end;
          assert.deepEqual(read(parser, text, how), read(create(), text, how), JSON.stringify(text));
          if (how.hides >= 0 && how.hides < parser.head.fieldCount) parser.head.hide(how.hides);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test(`of a ${name} that differs in one byte from the one before, that byte counts`, () => {
    const fields = ['Host: a.example', 'Accept: text/html', 'X-Request-Id: 0123456789', 'Cookie: a=b', '', ''];
    const text = [startLine('/'), ...fields].join('\r\n');
    assertProperty(
      property(tuple(integer({ min: 0, max: text.length - 1 }), integer({ min: 0, max: 255 })), ([at, byte]) => {
        const parser = create();
        read(parser, text, { cut: 0, limits });
        const other = text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
        const how = { cut: 0, limits };
        assert.deepEqual(read(parser, other, how), read(create(), other, how), `${byte} at ${at}`);
      }),
      { numRuns: 3_000 },
    );
  });
}
