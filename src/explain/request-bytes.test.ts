import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestInQuestion } from '../core/request-in-question.ts';
import { requestBytes } from './request-bytes.ts';

const get: RequestInQuestion = { method: 'GET', url: '/a?b', headers: [], clientIp: '127.0.0.1', bodyBytes: null };

function textOf(question: Partial<RequestInQuestion>): string {
  return requestBytes({ ...get, ...question }, 'localhost:8080')
    .toString('utf8')
    .replaceAll('\r\n', '|');
}

test('a head is what a client sends for the URL', () => {
  assert.equal(textOf({}), 'GET /a?b HTTP/1.1|Host: localhost:8080||');
  assert.equal(textOf({ url: 'http://a.example:81' }), 'GET / HTTP/1.1|Host: a.example:81||');
  assert.equal(textOf({ url: 'HTTPS://a.example?x=1#part' }), 'GET /?x=1 HTTP/1.1|Host: a.example||');
  assert.equal(textOf({ url: 'http://a/../b/%2F' }), 'GET /../b/%2F HTTP/1.1|Host: a||');
});

test('fields stand as they are given, and a Host among them takes the place of that of the URL', () => {
  const headers = [
    ['Accept', 'text/html'],
    ['hOst', 'b'],
    ['Accept', '*/*'],
  ] as const;
  assert.equal(textOf({ url: 'http://a/', headers }), 'GET / HTTP/1.1|Accept: text/html|hOst: b|Accept: */*||');
  assert.equal(textOf({ headers: [['X-Name', 'Jürgen']] }), 'GET /a?b HTTP/1.1|Host: localhost:8080|X-Name: Jürgen||');
});

test('the length of a body is stated unless a field says how it is framed', () => {
  const host = 'Host: localhost:8080';
  assert.equal(textOf({ bodyBytes: 0 }), `GET /a?b HTTP/1.1|${host}|Content-Length: 0||`);
  assert.equal(
    textOf({ bodyBytes: 5, headers: [['Transfer-Encoding', 'chunked']] }),
    `GET /a?b HTTP/1.1|${host}|Transfer-Encoding: chunked||`,
  );
  assert.equal(
    textOf({ bodyBytes: 5, headers: [['content-length', '7']] }),
    `GET /a?b HTTP/1.1|${host}|content-length: 7||`,
  );
});
