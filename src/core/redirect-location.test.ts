import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findLocationProblem, RedirectLocation } from './redirect-location.ts';
import { headOf } from './routed-request.fixture.ts';
import type { TemplateSource } from './template.ts';

function sourceOf(request: Parameters<typeof headOf>[0], path = '/old/a/b'): TemplateSource {
  const head = headOf({ path, ...request });
  return { head, path, clientIp: '192.0.2.1', requestId: 'id', routeName: 'old', consumer: null };
}

function fill(to: string, request: Parameters<typeof headOf>[0] = {}, path = '/old/a/b', pattern = '/old/*'): string {
  assert.equal(findLocationProblem(to), undefined);
  return new RedirectLocation(to, pattern).fill(sourceOf(request, path), true);
}

describe('a location', () => {
  const refused = [
    '',
    'new',
    '{*}',
    '{header.location}',
    '//other.example/{*}',
    '/\\other.example',
    'ftp://a.example/',
    'javascript:alert(1)',
    'https://www.example.com{*}',
    'https://www.example.com{header.x}/',
    'https://{header.host}/',
    'https://{tenant}.example.com/',
    'https://{request.host}.example/',
    'https:///a',
    'https://{request.host}{*}',
    '/a b',
    '/{{a}}',
    '/a\r\nX: y',
    '/käse',
    '/{unknown.thing}',
  ];
  for (const to of refused) {
    test(`is not ${JSON.stringify(to)}`, () => assert.notEqual(findLocationProblem(to), undefined));
  }

  const filled: readonly [to: string, request: Parameters<typeof headOf>[0], location: string][] = [
    ['https://www.example.com/{*}', {}, 'https://www.example.com/a/b'],
    ['https://www.example.com{request.path}', {}, 'https://www.example.com/old/a/b'],
    ['HTTPS://www.example.com:8443', {}, 'HTTPS://www.example.com:8443'],
    ['https://{request.host}{request.path}', { host: 'a.example' }, 'https://a.example/old/a/b'],
    ['https://{request.host}{request.path}', { host: '' }, '/old/a/b'],
    ['https://{request.host}', { host: '' }, '/'],
    ['/new/{*}', { query: '?a=1&b=%20' }, '/new/a/b?a=1&b=%20'],
    ['/new/{*}#top', { query: '?a=1' }, '/new/a/b?a=1#top'],
    ['/new?x=1', { query: '?a=1' }, '/new?x=1'],
    ['{request.path}{request.query}', { query: '?a=1' }, '/old/a/b?a=1'],
    ['/{request.path}', {}, '/old/a/b'],
    ['/{header.to}', { headers: { to: '/other.example' } }, '/other.example'],
    ['/{header.to}', { headers: { to: '\\other.example' } }, '/%5Cother.example'],
    ['/{header.to}', { headers: { to: 'a?b#c d"é' } }, '/a%3Fb%23c%20d%22%C3%A9'],
    ['/login?next={request.path}', { query: '?next=x' }, '/login?next=/old/a/b'],
    ['/login?next={request.path}{request.query}', { query: '?a=1&b' }, '/login?next=/old/a/b?a%3D1%26b'],
    ['/login?next={header.x}', { headers: { x: 'a&b=c+d#e%20f%' } }, '/login?next=a%26b%3Dc%2Bd%23e%20f%25'],
    ['/new', { query: '?a="<>^`{|}' }, '/new?a=%22%3C%3E%5E%60%7B%7C%7D'],
  ];
  for (const [to, request, location] of filled) {
    test(`${to} for ${JSON.stringify(request)} is ${location}`, () => assert.equal(fill(to, request), location));
  }

  test('takes what is filled in from the path of the request', () => {
    assert.equal(fill('/v2/{b}/{a}', {}, '/1&2/x%20y', '/{a}/{b}'), '/v2/x%20y/1&2');
    assert.equal(fill('/find?q={term}', {}, '/find/a%20b&c', '/find/{term}'), '/find?q=a%20b%26c');
    assert.equal(fill('/{*}', {}, '/old', '/old/*'), '/');
  });
});
