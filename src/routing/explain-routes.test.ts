import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { headOf, patternOf } from '../core/routed-request.fixture.ts';
import { explainRoutes } from './explain-routes.ts';
import { Router } from './router.ts';

const routes = [
  patternOf({ name: 'users', path: '/api/users/*', methods: ['GET', 'POST'] }),
  patternOf({ name: 'user', path: '/api/users/{id}', methods: ['GET'] }),
  patternOf({ name: 'me', path: '/api/users/me' }),
  patternOf({ name: 'users-v2', path: '/api/users/*', headers: { 'x-version': { one_of: ['2', '3'] } } }),
  patternOf({ name: 'preview', path: '/api/*', query: { preview: { equals: 'yes' } } }),
  patternOf({ name: 'guarded', path: '/api/*', headers: { 'x-token': { prefix: 'abc' } } }),
  patternOf({ name: 'old', path: '/api/*', headers: { 'x-new': { present: false } } }),
  patternOf({ name: 'site', host: 'www.example' }),
  patternOf({ name: 'tenants', host: '*.example.org' }),
  patternOf({ name: 'all' }),
];
const router = new Router(routes);

function reasons(path: string, request: Parameters<typeof headOf>[0]): Record<string, string> {
  const candidates = explainRoutes(router, headOf({ host: 'api.example:8080', ...request }), path);
  return Object.fromEntries(
    candidates.map(({ route, matched, reason }) => [route, matched ? `CHOSEN ${reason}` : reason]),
  );
}

describe('an explanation', () => {
  test('says of every route why it was chosen or what it lacks', () => {
    const headers = { 'X-Version': '1', 'X-Token': 'secret', 'X-New': '' };
    assert.deepEqual(reasons('/api/users/7', { headers, query: '?preview=no&preview=%C3%A4' }), {
      users: 'matches, but is less specific than route user: its path is more specific',
      user: 'CHOSEN the most specific of 3 routes that match',
      me: 'the path is /api/users/7, not /api/users/me',
      'users-v2': 'the header x-version is "1", the route wants one of "2", "3"',
      preview: 'the query parameter preview is "no" and "ä", the route wants "yes"',
      guarded: 'the header x-token is not what the route wants',
      old: 'there is a header x-new, which the route does not take',
      site: 'another host: the request is for api.example, the route for www.example',
      tenants: 'another host: the request is for api.example, the route for *.example.org',
      all: 'matches, but is less specific than route user: its path is more specific',
    });
  });

  test('names the method, the path and the values that are not there', () => {
    assert.deepEqual(reasons('/', { method: 'DELETE', host: '' }), {
      users: 'the path / does not begin with /api/users',
      user: 'the path / does not fit /api/users/{id}',
      me: 'the path is /, not /api/users/me',
      'users-v2': 'the path / does not begin with /api/users',
      preview: 'the path / does not begin with /api',
      guarded: 'the path / does not begin with /api',
      old: 'the path / does not begin with /api',
      site: 'another host: the request has none, the route for www.example',
      tenants: 'another host: the request has none, the route for *.example.org',
      all: 'CHOSEN the only route that matches',
    });
    const { users, 'users-v2': second, preview } = reasons('/api/users/', { method: 'DELETE' });
    assert.equal(users, 'the method is DELETE, the route takes GET, POST');
    assert.equal(second, 'there is no header x-version');
    assert.equal(preview, 'there is no query parameter preview');
  });

  test('says that the beginning of a path is of whole segments', () => {
    const reasonOf = (path: string) =>
      explainRoutes(new Router([patternOf({ name: 'm', path: '/m/*' })]), headOf({}), path)[0]?.reason;
    assert.equal(reasonOf('/mirror/a'), 'the path /mirror/a does not begin with /m as a whole segment');
    assert.equal(reasonOf('/a/m'), 'the path /a/m does not begin with /m');
  });

  test('says by what the chosen route is more specific', () => {
    const { old, all, tenants } = reasons('/api/a', { host: 'a.example.org' });
    assert.equal(tenants, 'CHOSEN the most specific of 3 routes that match');
    assert.equal(all, 'matches, but is less specific than route tenants: its host is more specific');
    assert.equal(old, 'matches, but is less specific than route tenants: its host is more specific');
    const { users } = reasons('/api/users/a/b', { headers: { 'x-version': '3' } });
    assert.equal(users, 'matches, but is less specific than route users-v2: it has more conditions');
  });
});
