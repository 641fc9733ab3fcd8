import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { rawRequest, requestText } from '../support/raw-client.ts';

/** A route that answers with its own name and with the parameters of its path. */
function named(name: string, match: object, body = name): object {
  return { name, match, respond: { body } };
}

describe('the route of a request', () => {
  const routes = [
    named('anything', {}),
    named('users', { path: '/users/*' }),
    named('user', { path: '/users/{id}' }, 'user {id}'),
    named('me', { path: '/users/me' }),
    named('orders', { path: '/users/{id}/orders/{order}', methods: ['GET'] }, '{order} of {id}'),
    named('v2', { path: '/users/{id}', headers: { 'X-Version': '2' } }, 'v2 {id}'),
    named('beta', { path: '/users/{id}', query: { beta: { one_of: ['1', 'yes'] } } }, 'beta {id}'),
    named('beta-v2', { path: '/users/{id}', headers: { 'x-version': '2' }, query: { beta: 'yes' } }, 'beta v2 {id}'),
    named('mobile', { path: '/app', headers: { 'user-agent': { prefix: 'Mobile/' } } }),
    named('app', { path: '/app' }),
    named('host', { path: '/users/*', host: '*.example.org' }),
  ];
  const choices: readonly [target: string, fields: Readonly<Record<string, string>>, body: string][] = [
    ['/', {}, 'anything'],
    ['/users', {}, 'users'],
    ['/users/', {}, 'users'],
    ['/users/7', {}, 'user 7'],
    ['/users/a%2Db%20c', {}, 'user a-b%20c'],
    ['/users/./x/../7', {}, 'user 7'],
    ['/users/me', {}, 'me'],
    ['/users/me/orders/1', {}, '1 of me'],
    ['/users/7/orders/', {}, 'users'],
    ['/users/7/orders/1/2', {}, 'users'],
    ['/users/7', { 'X-VERSION': '2' }, 'v2 7'],
    ['/users/7', { 'X-Version': '3' }, 'user 7'],
    ['/users/7?beta=yes', {}, 'beta 7'],
    ['/users/7?beta=no&b%65ta=%31', {}, 'beta 7'],
    ['/users/7?beta=no', {}, 'user 7'],
    ['/users/7?beta=yes', { 'x-version': '2' }, 'beta v2 7'],
    ['/app', { 'User-Agent': 'Mobile/7' }, 'mobile'],
    ['/app', { 'User-Agent': 'Other' }, 'app'],
    ['/users/7', { Host: 'a.example.org', 'x-version': '2' }, 'host'],
  ];

  test('is the most specific one, whatever the order in the configuration', async (t) => {
    for (const order of [routes, routes.toReversed()]) {
      const { port } = await startGateway(t, { routes: order });
      for (const [target, fields, body] of choices) {
        const response = await rawRequest(t, port, requestText('GET', target, fields));
        assert.deepEqual([response.status, response.text], [200, body], `${target} ${JSON.stringify(fields)}`);
      }
    }
  });

  test('that takes its path with other methods only is told in a 405', async (t) => {
    const version = { 'x-version': '2' };
    const { port } = await startGateway(t, {
      routes: [
        named('read', { path: '/{a}', methods: ['GET', 'HEAD'] }),
        named('write', { path: '/a', methods: ['PUT'], headers: version }),
      ],
    });
    const allowed = async (fields = {}) => {
      const response = await rawRequest(t, port, requestText('DELETE', '/a', fields));
      assertProblem(response, 'method_not_allowed');
      return response.field('allow');
    };
    assert.equal(await allowed(), 'GET, HEAD');
    assert.equal(await allowed(version), 'GET, HEAD, PUT');
    assertProblem(await rawRequest(t, port, requestText('DELETE', '/a/b')), 'route_not_found');
  });
});
