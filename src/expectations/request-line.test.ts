import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequestLine } from './request-line.ts';

test('a request is a method and a path, perhaps with a host', () => {
  const read = (text: string) => parseRequestLine(text);
  assert.deepEqual(read('GET /a?b=c'), { method: 'GET', path: '/a?b=c', host: null });
  assert.deepEqual(read('OPTIONS *'), { method: 'OPTIONS', path: '*', host: null });
  assert.deepEqual(read('PUT  /../x'), { method: 'PUT', path: '/../x', host: null });
  assert.deepEqual(read('GET http://example.com'), { method: 'GET', path: '/', host: 'example.com' });
  assert.deepEqual(read('GET https://a.b:81/c'), { method: 'GET', path: '/c', host: 'a.b:81' });
  assert.deepEqual(read('GET http://[::1]:80?a'), { method: 'GET', path: '/?a', host: '[::1]:80' });
  assert.deepEqual(read('GET http://10.0.0.1/'), { method: 'GET', path: '/', host: '10.0.0.1' });
});

test('anything else is refused, with what was probably meant', () => {
  for (const text of ['', 'GET', 'GET users', 'GET /a b', 'GET ftp://a/', 'GET http://a_b!/', 'GET /\u00e4']) {
    assert.ok('problem' in parseRequestLine(text), text);
  }
  assert.partialDeepStrictEqual(parseRequestLine('/users'), { suggestion: 'GET /users' });
});
