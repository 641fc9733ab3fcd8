/** Every byte in every place of a message: which are taken there, and that all others are refused. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readInEveryWay, readMessage, smallLimits, type ReadMessage } from './feeding.fixture.ts';
import { readRequestInEveryWay } from './request-reading.fixture.ts';
import { ResponseParser } from './response-parser.ts';

interface Place {
  readonly name: string;
  /** What stands before the byte, and what behind it. */
  readonly around: readonly [before: string, after: string];
  readonly taken: RegExp;
}

/** Characters of tokens (RFC 9110, 5.6.2). */
const token = "!#$%&'*+\\-.^_`|~0-9A-Za-z";
const text = '\\t\\x20-\\x7e\\x80-\\xff';
const only = (characters: string) => new RegExp(`^[${characters}]$`);
const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const end = '\r\n0\r\n\r\n';

const requestPlaces: readonly Place[] = [
  { name: 'in a method', around: ['G', 'T / HTTP/1.1\r\nHost: a\r\n\r\n'], taken: only(token) },
  { name: 'in a path', around: ['GET /a', 'b HTTP/1.1\r\nHost: a\r\n\r\n'], taken: /^[!"$-~]$/ },
  { name: 'in a query', around: ['GET /?a', 'b HTTP/1.1\r\nHost: a\r\n\r\n'], taken: /^[!"$-~]$/ },
  { name: 'before a path', around: ['GET ', '/ HTTP/1.1\r\nHost: a\r\n\r\n'], taken: /^\/$/ },
  { name: 'for the blank before a path', around: ['GET', '/ HTTP/1.1\r\nHost: a\r\n\r\n'], taken: /^ $/ },
  { name: 'for the blank behind a path', around: ['GET /', 'HTTP/1.1\r\nHost: a\r\n\r\n'], taken: /^ $/ },
  { name: 'for the minor version', around: ['GET / HTTP/1.', '\r\nHost: a\r\n\r\n'], taken: /^[01]$/ },
  { name: 'for the major version', around: ['GET / HTTP/', '.1\r\nHost: a\r\n\r\n'], taken: /^1$/ },
  { name: 'behind the version', around: ['GET / HTTP/1.1', '\r\nHost: a\r\n\r\n'], taken: /^(?!)/ },
  { name: 'for the CR of a request line', around: ['GET / HTTP/1.1', '\nHost: a\r\n\r\n'], taken: /^\r$/ },
  { name: 'for the LF of a request line', around: ['GET / HTTP/1.1\r', 'Host: a\r\n\r\n'], taken: /^\n$/ },
  { name: 'in a name', around: ['GET / HTTP/1.1\r\nHost: a\r\nX', 'Y: z\r\n\r\n'], taken: only(`${token}:`) },
  { name: 'at the beginning of a name', around: ['GET / HTTP/1.1\r\nHost: a\r\n', 'Y: z\r\n\r\n'], taken: only(token) },
  { name: 'before a colon', around: ['GET / HTTP/1.1\r\nHost: a\r\nX', ': z\r\n\r\n'], taken: only(`${token}:`) },
  { name: 'in a value', around: ['GET / HTTP/1.1\r\nHost: a\r\nX: y', 'z\r\n\r\n'], taken: only(text) },
  { name: 'at the end of a value', around: ['GET / HTTP/1.1\r\nHost: a\r\nX: y', '\r\n\r\n'], taken: only(text) },
  { name: 'for the CR of a field', around: ['GET / HTTP/1.1\r\nHost: a', '\n\r\n'], taken: /^\r$/ },
  { name: 'for the LF of a field', around: ['GET / HTTP/1.1\r\nHost: a\r', '\r\n'], taken: /^\n$/ },
  { name: 'for the last CR', around: ['GET / HTTP/1.1\r\nHost: a\r\n', '\n'], taken: /^\r$/ },
  { name: 'for the last LF', around: ['GET / HTTP/1.1\r\nHost: a\r\n\r', ''], taken: /^\n$/ },
  { name: 'in a Host', around: ['GET / HTTP/1.1\r\nHost: a', 'b\r\n\r\n'], taken: only('0-9A-Za-z._~\\-') },
  { name: 'in a port', around: ['GET / HTTP/1.1\r\nHost: a:1', '1\r\n\r\n'], taken: /^\d$/ },
  { name: 'in a length', around: ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0', '0\r\n\r\n'], taken: /^0$/ },
  {
    name: 'behind a coding',
    around: ['GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked', `\r\n\r\n0\r\n\r\n`],
    taken: /^[\t ]$/,
  },
  { name: 'in the size of a chunk', around: [`${chunked}0`, `1\r\na${end}`], taken: /^0$/ },
  { name: 'behind the size of a chunk', around: [`${chunked}1`, `\r\na${end}`], taken: /^(?!)/ },
  { name: 'for the CR of a size', around: [`${chunked}1`, `\na${end}`], taken: /^\r$/ },
  { name: 'for the LF of a size', around: [`${chunked}1\r`, `a${end}`], taken: /^\n$/ },
  { name: 'in a chunk', around: [`${chunked}1\r\n`, end], taken: /^[^]$/ },
  { name: 'for the CR of a chunk', around: [`${chunked}1\r\na`, '\n0\r\n\r\n'], taken: /^\r$/ },
  { name: 'for the LF of a chunk', around: [`${chunked}1\r\na\r`, '0\r\n\r\n'], taken: /^\n$/ },
  { name: 'in an extension', around: [`${chunked}1;b`, `c\r\na${end}`], taken: only(`${token};=`) },
  { name: 'in the value of an extension', around: [`${chunked}1;b=c`, `d\r\na${end}`], taken: only(`${token};`) },
  { name: 'in a quoted extension', around: [`${chunked}1;b="`, `"\r\na${end}`], taken: /^[\t !#-[\]-~\x80-\xff]$/ },
  { name: 'behind a backslash', around: [`${chunked}1;b="\\`, `"\r\na${end}`], taken: only(text) },
  { name: 'in the name of a trailer', around: [`${chunked}0\r\nX`, 'Y: z\r\n\r\n'], taken: only(`${token}:`) },
  { name: 'in the value of a trailer', around: [`${chunked}0\r\nX: y`, 'z\r\n\r\n'], taken: only(text) },
  { name: 'for the last LF of chunks', around: [`${chunked}0\r\n\r`, ''], taken: /^\n$/ },
];

const ok = 'HTTP/1.1 200 OK\r\n';
const bare = '\r\nContent-Length: 0\r\n\r\n';
const responsePlaces: readonly Place[] = [
  { name: 'before a status line', around: ['', `HTTP/1.1 200 OK${bare}`], taken: /^(?!)/ },
  { name: 'for the minor version', around: ['HTTP/1.', ` 200 OK${bare}`], taken: /^[01]$/ },
  { name: 'for the blank before a status', around: ['HTTP/1.1', `200 OK${bare}`], taken: /^ $/ },
  { name: 'for the first digit of a status', around: ['HTTP/1.1 ', `00 OK${bare}`], taken: /^[1-5]$/ },
  { name: 'for the last digit of a status', around: ['HTTP/1.1 20', ` OK${bare}`], taken: /^\d$/ },
  { name: 'behind a status', around: ['HTTP/1.1 200', `OK${bare}`], taken: /^ $/ },
  { name: 'in a reason', around: ['HTTP/1.1 200 O', `K${bare}`], taken: only(text) },
  { name: 'for the CR of a status line', around: ['HTTP/1.1 200 OK', '\nContent-Length: 0\r\n\r\n'], taken: /^\r$/ },
  { name: 'in a name', around: [`${ok}Content-Length: 0\r\nX`, 'Y: z\r\n\r\n'], taken: only(`${token}:`) },
  { name: 'in a value', around: [`${ok}Content-Length: 0\r\nX: y`, 'z\r\n\r\n'], taken: only(text) },
  { name: 'for the LF of a field', around: [`${ok}Content-Length: 0\r`, '\r\n'], taken: /^\n$/ },
  { name: 'for the last CR', around: [`${ok}Content-Length: 0\r\n`, '\n'], taken: /^\r$/ },
  { name: 'in a length', around: [`${ok}Content-Length: 0`, '0\r\n\r\n'], taken: /^0$/ },
  {
    name: 'in the size of a chunk',
    around: [`${ok}Transfer-Encoding: chunked\r\n\r\n0`, `1\r\na${end}`],
    taken: /^0$/,
  },
];

function readResponse(message: string): ReadMessage {
  return readInEveryWay(message, (pieces) => {
    const parser = new ResponseParser(smallLimits);
    parser.reset(smallLimits);
    return readMessage(pieces, parser, { framingOf: (head) => head.framingFor('GET'), limits: smallLimits });
  });
}

for (const [kind, places, read] of [
  ['a request', requestPlaces, readRequestInEveryWay],
  ['a response', responsePlaces, readResponse],
] as const) {
  describe(`a byte of ${kind}`, () => {
    for (const { name, around, taken } of places) {
      test(`${name} is one of those that belong there`, () => {
        for (let byte = 0; byte < 256; byte++) {
          const character = String.fromCharCode(byte);
          const { error, bodyDone, headComplete } = read(around.join(character));
          const isWhole = error === null && headComplete && bodyDone;
          assert.equal(isWhole, taken.test(character), `${name}: byte ${byte}, ${error}`);
        }
      });
    }
  });
}
