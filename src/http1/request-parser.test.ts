import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ErrorCode } from '../core/error-codes.ts';
import { readRequestInEveryWay as read, requestWith, type ReadRequest } from './request-reading.fixture.ts';

function acceptAll(cases: Readonly<Record<string, readonly [text: string, expected: Partial<ReadRequest>]>>): void {
  for (const [name, [text, expected]] of Object.entries(cases)) {
    test(name, () => {
      const request = read(text);
      assert.equal(request.error, null);
      assert.partialDeepStrictEqual(request, { headComplete: true, bodyDone: true, unread: '', ...expected });
    });
  }
}

function refuseAll(code: ErrorCode, cases: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(cases)) {
    test(`${name} is refused as ${code}`, () => {
      assert.partialDeepStrictEqual(read(text), { headComplete: false, error: code, content: '' });
    });
  }
}

const startLine = (line: string) => `${line}\r\nHost: a\r\n\r\n`;

describe('the line ends of a request', () => {
  acceptAll({
    'an empty line before the request line is skipped': [`\r\n${requestWith()}`, { method: 'GET' }],
    'what follows the head of a request without a body stays unread': [
      `${requestWith()}GET /b HTTP/1.1\r\n`,
      { path: '/', unread: 'GET /b HTTP/1.1\r\n' },
    ],
  });
  refuseAll('malformed_request', {
    'a second empty line before the request line': `\r\n\r\n${requestWith()}`,
    'an empty line that is a bare LF': `\n${requestWith()}`,
    'a bare LF after the request line': 'GET / HTTP/1.1\nHost: a\r\n\r\n',
    'a bare LF after a field': 'GET / HTTP/1.1\r\nHost: a\nA: b\r\n\r\n',
    'a bare LF at the end of the head': 'GET / HTTP/1.1\r\nHost: a\r\n\n',
    'bare LFs alone': 'GET / HTTP/1.1\nHost: a\n\n',
    'a bare CR in the request line': 'GET /\r HTTP/1.1\r\nHost: a\r\n\r\n',
    'a bare CR in a value': requestWith('A: b\rc'),
    'a bare CR in a name': requestWith('A\rB: c'),
    'a bare CR before a CRLF': requestWith('A: b\r'),
    'a bare CR at the end of the head': 'GET / HTTP/1.1\r\nHost: a\r\n\rX',
    'a NUL in the request line': startLine('GET /\0 HTTP/1.1'),
    'a NUL in a name': requestWith('A\0: b'),
    'a NUL in a value': requestWith('A: b\0c'),
    'an escape character in a value': requestWith('A: \x1b[2J'),
    'a DEL in a value': requestWith('A: \x7f'),
    'a vertical tab before a colon': requestWith('A\v: b'),
    'a form feed in a value': requestWith('A: b\fc'),
  });
});

describe('the request line', () => {
  acceptAll({
    'a method of daily use is known': [
      startLine('DELETE /a?b HTTP/1.1'),
      { method: 'DELETE', path: '/a', query: '?b' },
    ],
    'a method may be any token of 32 characters': [
      startLine(`${'M'.repeat(25)}!#-_~^9 / HTTP/1.1`),
      { method: `${'M'.repeat(25)}!#-_~^9` },
    ],
    'the case of a method matters': [startLine('get / HTTP/1.1'), { method: 'get' }],
    'HTTP/1.0 is spoken, without a Host too': [
      'GET / HTTP/1.0\r\n\r\n',
      { minorVersion: 0, host: '', persistent: false },
    ],
    'the query begins at the first question mark': [startLine('GET /a?b?c HTTP/1.1'), { path: '/a', query: '?b?c' }],
    'a question mark alone is a query': [startLine('GET /? HTTP/1.1'), { path: '/', query: '?' }],
    'visible characters stand as they are in a target': [
      startLine('GET /%7e~!$&\'()*+,;=:@"<>[]^`{|}\\ HTTP/1.1'),
      { path: '/%7e~!$&\'()*+,;=:@"<>[]^`{|}\\' },
    ],
    'the asterisk form is for OPTIONS': [startLine('OPTIONS * HTTP/1.1'), { path: '*', query: '' }],
  });
  refuseAll('malformed_request', {
    'a method of 33 characters': startLine(`${'M'.repeat(33)} / HTTP/1.1`),
    'an empty method': startLine(' / HTTP/1.1'),
    'a blank before the method': startLine(' GET / HTTP/1.1'),
    'a method that is no token': startLine('GE(T / HTTP/1.1'),
    'a method beyond ASCII': startLine('G\xc9T / HTTP/1.1'),
    'two spaces before the target': startLine('GET  / HTTP/1.1'),
    'two spaces after the target': startLine('GET /  HTTP/1.1'),
    'a tab before the target': startLine('GET\t/ HTTP/1.1'),
    'a blank at the end of the line': startLine('GET / HTTP/1.1 '),
    'a space in the target': startLine('GET /a b HTTP/1.1'),
    'a method alone': startLine('GET'),
    'a line without a version': startLine('GET /'),
    'a line with an empty version': startLine('GET / '),
    'a version in lower case': startLine('GET / http/1.1'),
    'a version of another protocol': startLine('GET / HTTPS/1.1'),
    'a minor version that does not exist': startLine('GET / HTTP/1.2'),
    'a version of two digits': startLine('GET / HTTP/1.10'),
    'a version without a point': startLine('GET / HTTP/11'),
    'a version that ends in a letter': startLine('GET / HTTP/1.x'),
  });
  refuseAll('unsupported_version', {
    'HTTP/2.0 in text': startLine('GET / HTTP/2.0'),
    'HTTP/0.9 in text': startLine('GET / HTTP/0.9'),
    'HTTP/9.9': startLine('GET / HTTP/9.9'),
  });
  refuseAll('not_plain_http', {
    'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'a TLS hello': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  });
  test('a TLS hello is known as such by its second byte', () => {
    assert.equal(read('\x16').error, 'not_plain_http');
  });
});

describe('the target of a request', () => {
  acceptAll({
    'the authority of the absolute form replaces Host': [
      startLine('GET http://B.example:8080/c?d HTTP/1.1'),
      { host: 'B.example:8080', path: '/c', query: '?d' },
    ],
    'the absolute form without a path is for the root': [startLine('GET HTTP://b HTTP/1.1'), { host: 'b', path: '/' }],
    'the absolute form may have a query without a path': [
      startLine('GET https://b?x=/y HTTP/1.1'),
      { host: 'b', path: '/', query: '?x=/y' },
    ],
    'the authority may be an IPv6 address': [startLine('GET http://[::1]:80/ HTTP/1.1'), { host: '[::1]:80' }],
  });
  refuseAll('invalid_target', {
    'a fragment': startLine('GET /a#b HTTP/1.1'),
    'a fragment in a query': startLine('GET /a?b#c HTTP/1.1'),
    'a byte beyond ASCII': startLine('GET /\xe9 HTTP/1.1'),
    'a byte beyond ASCII in a query': startLine('GET /?\xc3\xa9 HTTP/1.1'),
    'a tab': startLine('GET /a\tb HTTP/1.1'),
    'a path without a slash': startLine('GET a HTTP/1.1'),
    'a query without a path': startLine('GET ?a HTTP/1.1'),
    'an asterisk with another method': startLine('GET * HTTP/1.1'),
    'an asterisk with a query': startLine('OPTIONS *?a HTTP/1.1'),
    'an asterisk with a path': startLine('OPTIONS */a HTTP/1.1'),
    'another scheme': startLine('GET ftp://b/ HTTP/1.1'),
    'a scheme without an authority': startLine('GET http:///a HTTP/1.1'),
    'a scheme with one slash': startLine('GET http:/a HTTP/1.1'),
    'an authority with credentials': startLine('GET http://user:word@b/ HTTP/1.1'),
    'an authority with a bad port': startLine('GET http://b:65536/ HTTP/1.1'),
    'the authority form': startLine('GET b:80 HTTP/1.1'),
  });
  refuseAll('method_not_allowed', {
    'CONNECT with an authority': startLine('CONNECT b:443 HTTP/1.1'),
    'CONNECT with a path': startLine('CONNECT / HTTP/1.1'),
  });
});

describe('the fields of a request', () => {
  acceptAll({
    'names keep their spelling and values lose the blanks around them': [
      requestWith('x-A:b', 'X-B: \t c d \t', 'x-a:'),
      {
        fields: [
          ['Host', 'a'],
          ['x-A', 'b'],
          ['X-B', 'c d'],
          ['x-a', ''],
        ],
      },
    ],
    'bytes above 127 and tabs within pass unchanged in a value': [
      requestWith('A: \x80\xe9\tz\xff'),
      {
        fields: [
          ['Host', 'a'],
          ['A', '\x80\xe9\tz\xff'],
        ],
      },
    ],
    'a name may be any token': [requestWith("!#$%&'*+-.^_`|~9A: b"), {}],
    'single fields are told apart by name': [
      requestWith('x-request-id: 1', 'TRACEPARENT: 2', 'Forwarded: 3'),
      { requestId: '1', traceparent: '2' },
    ],
    'the addresses of several X-Forwarded-For are one list': [
      requestWith('X-Forwarded-For: 1', 'X-Forwarded-Proto: https', 'X-Forwarded-For: 2', 'X-Forwarded-Host: h'),
      { forwardedFor: '1, 2', forwardedProto: 'https', forwardedHost: 'h' },
    ],
    'an id that is sent twice counts as none': [
      requestWith('X-Request-Id: 1', 'X-Request-Id: 1', 'traceparent: 1', 'traceparent: 1'),
      { requestId: ' ', traceparent: ' ' },
    ],
  });
  refuseAll('malformed_request', {
    'a space before the colon': requestWith('A : b'),
    'a tab before the colon': requestWith('A\t: b'),
    'an empty name': requestWith(': b'),
    'a name alone': requestWith('A'),
    'a name that is no token': requestWith('A(B): c'),
    'a name beyond ASCII': requestWith('\xc9: b'),
    'a blank in a name': requestWith('A B: c'),
    'a line folded with a space': requestWith('A: b', ' c'),
    'a line folded with a tab': requestWith('A: b', '\tc: d'),
    'a blank before the first field': 'GET / HTTP/1.1\r\n Host: a\r\n\r\n',
    'a line of a blank alone': requestWith(' '),
  });
});

describe('the Host field', () => {
  acceptAll({
    'a host with a port is taken as it is': ['GET / HTTP/1.1\r\nhOST: A.example:81\r\n\r\n', { host: 'A.example:81' }],
  });
  refuseAll('invalid_host', {
    'no Host in HTTP/1.1': 'GET / HTTP/1.1\r\nA: b\r\n\r\n',
    'no Host beside the absolute form': 'GET http://b/ HTTP/1.1\r\n\r\n',
    'a second Host': requestWith('Host: b'),
    'a second Host of the same value': requestWith('Host: a'),
    'a second Host in HTTP/1.0': 'GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n',
    'a second Host beside the absolute form': 'GET http://b/ HTTP/1.1\r\nHost: b\r\nHost: b\r\n\r\n',
    'an empty Host': 'GET / HTTP/1.1\r\nHost:\r\n\r\n',
    'a Host with a path': 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n',
    'a Host with a blank': 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
    'a Host with credentials': 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n',
    'a list of hosts': 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n',
    'a bad Host beside the absolute form': 'GET http://b/ HTTP/1.1\r\nHost: a/b\r\n\r\n',
  });
});

describe('an expectation', () => {
  acceptAll({
    '100-continue is understood in any case': [
      requestWith('Expect: 100-Continue', 'Content-Length: 1').concat('x'),
      { expectsContinue: true },
    ],
    '100-continue of a request without a body means nothing': [
      requestWith('Expect: 100-continue'),
      { expectsContinue: false },
    ],
    '100-continue of an HTTP/1.0 client means nothing': [
      'POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx',
      { expectsContinue: false },
    ],
  });
  refuseAll('expectation_failed', {
    'another expectation': requestWith('Expect: 200-ok'),
    'a list of expectations': requestWith('Expect: 100-continue, a'),
    'an empty expectation': requestWith('Expect:'),
  });
});
