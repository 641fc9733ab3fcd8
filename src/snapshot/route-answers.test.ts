import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as assertProperty, constantFrom, property, record, string, tuple } from 'fast-check';
import { findLocationProblem, RedirectLocation } from '../core/redirect-location.ts';
import { headOf } from '../core/routed-request.fixture.ts';
import { compileTemplate, type TemplateSource } from '../core/template.ts';
import { normalisePath } from '../routing/path.ts';
import { Redirect } from './route-answers.ts';
import { Rewrite } from './rewrite.ts';

function sourceOf(path: string, request: Parameters<typeof headOf>[0] = {}): TemplateSource {
  return { head: headOf(request), path, clientIp: '192.0.2.1', requestId: 'id', routeName: 'old', consumer: null };
}

test('a redirect has its status, its location and no body', () => {
  const to = new RedirectLocation('/new/{*}', '/old/*');
  const source = sourceOf('/old/a', { query: '?b' });
  const fields = [['Location', '/new/a?b']];
  assert.deepEqual(new Redirect({ status: 308, to, keepQuery: true }).reply(source), { status: 308, fields, body: '' });
  const without = new Redirect({ status: 302, to, keepQuery: false }).reply(source);
  assert.deepEqual(without, { status: 302, fields: [['Location', '/new/a']], body: '' });
});

const hostile = constantFrom('/', '//', '\\', '@', ':', '?', '#', '%', '%2F', '..', '.', 'evil.example', ' ', 'é', '&');
const text = array(hostile, { maxLength: 6 }).map((parts) => parts.join(''));
const anyText = string({ unit: 'binary-ascii', maxLength: 12 });
const anyPath = tuple(text, anyText).map(
  (parts) => `/old/${parts.join('').replaceAll(/[?#\0-\x20\x7f]|[^\0-\x7f]/g, '')}`,
);

const templates = [
  'https://www.example.com/{*}',
  'https://www.example.com{request.path}',
  'https://www.example.com?q={header.x}',
  'https://{request.host}{request.path}{request.query}',
  'https://{request.host}/{header.x}{*}',
  'http://www.example.com:81/a/{header.x}/{*}#{header.x}',
  '/{*}',
  '/{header.x}',
  '/{header.x}{request.path}',
  '{request.path}{header.x}',
  '/new?a={header.x}&b={*}{request.query}',
];

test('whatever a request brings, a location is a URI reference that leads where it was written for', () => {
  const requests = record({
    path: anyPath,
    query: text.map((query) => (query === '' ? '' : `?${query.replaceAll(/[ é#]/g, '')}`)),
    field: tuple(text, anyText).map((parts) => parts.join('')),
    host: constantFrom('a.example', 'a.example:8080', '[::1]', ''),
  });
  assertProperty(
    property(constantFrom(...templates), requests, (to, { path, query, field, host }) => {
      const normal = normalisePath(path);
      if (normal === null) return;
      assert.equal(findLocationProblem(to), undefined);
      const source = sourceOf(normal, { host, query, headers: { x: field } });
      const location = new RedirectLocation(to, '/old/*').fill(source, true);
      assert.match(location, /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]*$/);
      const base = new URL(`http://${host || 'none.example'}/`);
      const url = new URL(location, base);
      const wanted = to.startsWith('http') && (host !== '' || !to.includes('{request.host}'));
      const intended = wanted ? new URL(to.replace('{request.host}', host).replace(/\{.*/, '')) : base;
      assert.equal(url.origin, intended.origin, location);
      assert.equal(url.username, '');
    }),
    { numRuns: 3000 },
  );
});

describe('a rewrite', () => {
  const rewrite = (init: { stripPrefix?: string; path?: string; host?: string }, pattern = '/old/*') =>
    new Rewrite({
      stripPrefix: init.stripPrefix ?? '',
      path: init.path === undefined ? null : compileTemplate(init.path, pattern),
      host: init.host === undefined ? null : compileTemplate(init.host, pattern),
    });

  test('strips a prefix in whole segments', () => {
    const { path } = { path: (of: string) => rewrite({ stripPrefix: '/old' }).path(sourceOf(of)) };
    assert.deepEqual(['/old', '/old/', '/old/a', '/old/a/'].map(path), ['/', '/', '/a', '/a/']);
  });

  test('fills a path in from the parameters of the route', () => {
    const paths = ['/old', '/old/', '/old/a', '/old/a/b/'];
    const filled = (path: string) => paths.map((of) => rewrite({ path }).path(sourceOf(of)));
    assert.deepEqual(filled('/new/{*}'), ['/new/', '/new/', '/new/a', '/new/a/b/']);
    assert.deepEqual(filled('/{*}/end'), ['/end', '/end', '/a/end', '/a/b/end']);
    assert.deepEqual(filled('/new'), ['/new', '/new', '/new', '/new']);
    const users = rewrite({ path: '/v2/{what}/{id}.json' }, '/{what}/of/{id}');
    assert.equal(users.path(sourceOf('/a%20b/of/7')), '/v2/a%20b/7.json');
  });

  test('leaves path and host alone where it says nothing of them', () => {
    assert.equal(rewrite({ host: 'a.example' }).path(sourceOf('/old/a')), '/old/a');
    assert.equal(rewrite({ path: '/a' }).hostLine(sourceOf('/old/a')), null);
  });

  test('gives the target a host, and its own one where that would be none', () => {
    assert.equal(rewrite({ host: 'a.example:81' }).hostLine(sourceOf('/old')), 'Host: a.example:81\r\n');
    const fromHeader = rewrite({ host: '{header.x}' });
    const lineFor = (x: string) => fromHeader.hostLine(sourceOf('/old', { headers: { x } }));
    assert.equal(lineFor('b.example'), 'Host: b.example\r\n');
    for (const x of ['', 'a b', 'a/b', 'a@b', 'a..b', 'é', 'a:b', '[::']) assert.equal(lineFor(x), null, x);
    const passedOn = rewrite({ host: '{request.host}' });
    assert.equal(passedOn.hostLine(sourceOf('/old', { host: 'c.example:8080' })), 'Host: c.example:8080\r\n');
    assert.equal(passedOn.hostLine(sourceOf('/old', { host: '' })), null);
  });

  test('makes paths in normal form of paths in normal form', () => {
    const rewrites = ['/{*}', '/a/{*}', '/{*}/b', '/a{*}b', '/{*}.json', '/x{*}/y/{*}'];
    assertProperty(
      property(constantFrom(...rewrites), anyPath, (template, path) => {
        const normal = normalisePath(path);
        if (normal === null) return;
        const rewritten = rewrite({ path: template }).path(sourceOf(normal));
        assert.equal(normalisePath(rewritten), rewritten);
      }),
      { numRuns: 2000 },
    );
  });
});
