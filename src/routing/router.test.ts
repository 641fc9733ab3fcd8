import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RoutePattern } from '../core/route-pattern.ts';
import { headOf, patternOf } from '../core/routed-request.fixture.ts';
import { Router } from './router.ts';

function routerOf(...hosts: (string | undefined)[]): Router<RoutePattern> {
  return new Router(hosts.map((host) => patternOf({ host })));
}

describe('the host of a route', () => {
  const choices: readonly [asked: string, hosts: readonly (string | undefined)[], chosen: string | undefined | null][] =
    [
      ['a.example', ['a.example', '*.example', undefined], 'a.example'],
      ['b.example', ['a.example', '*.example', undefined], '*.example'],
      ['c.b.example', ['*.example', '*.b.example'], '*.b.example'],
      ['example', ['*.example', undefined], undefined],
      ['example', ['*.example'], null],
      ['xexample', ['*.example'], null],
      ['a.example.org', ['*.example'], null],
      ['', [undefined], undefined],
      ['', ['a.example', undefined], undefined],
      ['', ['a.example'], null],
      ['A.Example', ['a.example'], 'a.example'],
      ['a.example:8080', ['a.example'], 'a.example'],
      ['a.example.', ['a.example'], 'a.example'],
      ['A.example.:80', ['*.example'], '*.example'],
      ['192.0.2.1:80', ['192.0.2.1'], '192.0.2.1'],
      ['[::1]', ['[::1]'], '[::1]'],
      ['[::1]:8080', ['[::1]'], '[::1]'],
      ['[::FFFF:192.0.2.1]:80', ['[::ffff:192.0.2.1]'], '[::ffff:192.0.2.1]'],
      ['constructor', [undefined], undefined],
      ['__proto__', ['a'], null],
    ];
  for (const [asked, hosts, chosen] of choices) {
    const what = chosen === null ? 'none' : (chosen ?? 'the one for every host');
    test(`of ${hosts.join(' ')} is ${what} for ${asked || 'no host'}`, () => {
      const route = routerOf(...hosts).match(headOf({ host: asked }), '/a');
      assert.equal(route === null ? null : route.host, chosen);
    });
  }

  test('counts before the path and the method, but gives way where it has no such path or method', () => {
    const routes = [
      patternOf({ path: '/a/b', methods: ['GET'] }),
      patternOf({ path: '/*', methods: ['PUT'], host: 'a.example' }),
      patternOf({ path: '/a/*', methods: ['GET'], host: '*.example' }),
    ];
    const router = new Router(routes);
    const ask = (method: string, host: string) => router.match(headOf({ method, host }), '/a/b');
    assert.equal(ask('GET', 'a.example'), routes[2]);
    assert.equal(ask('PUT', 'a.example'), routes[1]);
    assert.equal(ask('GET', 'b.other'), routes[0]);
    assert.equal(ask('PUT', 'b.example'), null);
    const methodsOf = (host: string, path: string) => router.methodsFor(headOf({ host }), path);
    assert.deepEqual(methodsOf('a.example', '/a/b'), ['GET', 'PUT']);
    assert.deepEqual(methodsOf('b.example', '/a/b'), ['GET']);
    assert.deepEqual(methodsOf('b.other', '/c'), []);
  });
});

/** Whether a route with these conditions takes a request with these fields and this query. */
function takes(conditions: Partial<RoutePattern>, request: Parameters<typeof headOf>[0]): boolean {
  return new Router([patternOf(conditions)]).match(headOf(request), '/') !== null;
}

describe('a condition on a field', () => {
  const withField = (value: string) => ({ headers: { 'X-Version': value } });
  const cases: readonly [
    condition: RoutePattern['headers'][string],
    takesIt: readonly string[],
    not: readonly string[],
  ][] = [
    [{ equals: '2' }, ['2', '  2 '], ['', '22', '2, 3']],
    [{ equals: 'käse' }, ['käse'], ['kase', 'KÄSE']],
    [{ prefix: 'v2' }, ['v2', 'v2.1'], ['v', 'V2', ' v1']],
    [{ one_of: ['a', 'b'] }, ['a', 'b'], ['ab', 'c', '']],
    [{ present: true }, ['', 'x'], []],
    [{ present: false }, [], ['', 'x']],
  ];
  for (const [condition, yes, no] of cases) {
    test(`${JSON.stringify(condition)} holds for ${yes.join(' ') || 'none'} and not for ${no.join(' ') || 'none'}`, () => {
      const headers = { 'x-version': condition };
      for (const value of yes) assert.equal(takes({ headers }, withField(value)), true, value);
      for (const value of no) assert.equal(takes({ headers }, withField(value)), false, value);
      assert.equal(takes({ headers }, {}), condition.present === false);
    });
  }

  test('holds if any of several fields of the name is as wanted', () => {
    const headers = { 'x-version': { equals: '2' } };
    assert.equal(
      takes(
        { headers },
        {
          headers: [
            ['X-Version', '1'],
            ['a', 'b'],
            ['x-version', '2'],
          ],
        },
      ),
      true,
    );
    assert.equal(
      takes(
        { headers },
        {
          headers: [
            ['X-Version', '1'],
            ['x-version', '3'],
          ],
        },
      ),
      false,
    );
  });
});

describe('a condition on a parameter of the query', () => {
  const cases: readonly [
    condition: RoutePattern['query'][string],
    takesIt: readonly string[],
    not: readonly string[],
  ][] = [
    [
      { equals: 'a b' },
      ['?q=a+b', '?q=a%20b', '?x=1&q=a+b', '?%71=a+b', '?q=1&q=a+b'],
      ['', '?q=a', '?Q=a+b', '?q=A+b'],
    ],
    [{ equals: 'ä' }, ['?q=%C3%A4', '?q=%c3%a4'], ['?q=%E4', '?q=a']],
    [{ equals: '' }, ['?q', '?q=', '?q&x'], ['', '?', '?q=1', '?qq']],
    [{ prefix: 'a' }, ['?q=a', '?q=ab', '?q=%61b'], ['?q', '?q=ba']],
    [{ one_of: ['1', '2'] }, ['?q=1', '?q=2', '?q=3&q=2'], ['?q=3', '?q=12']],
    [{ present: true }, ['?q', '?q=', '?q=x'], ['', '?x=q', '?&']],
    [{ present: false }, ['', '?x=q', '?qq=1'], ['?q', '?x&q=1', '?%71']],
  ];
  for (const [condition, yes, no] of cases) {
    test(`${JSON.stringify(condition)} holds for ${yes.join(' ')} and not for ${no.join(' ')}`, () => {
      for (const query of yes) assert.equal(takes({ query: { q: condition } }, { query }), true, query);
      for (const query of no) assert.equal(takes({ query: { q: condition } }, { query }), false, query);
    });
  }
});

describe('of routes with one path', () => {
  const version = { 'x-version': { equals: '2' } };
  const debug = { debug: { present: true } };
  const choices: readonly [name: string, routes: readonly Partial<RoutePattern>[]][] = [
    ['the one with more conditions', [{ headers: version, query: debug }, { headers: version, methods: ['GET'] }, {}]],
    ['conditions come before the method', [{ headers: version }, { methods: ['GET'] }]],
    ['the one that names the method', [{ headers: version, methods: ['GET'] }, { headers: version }]],
    ['one value before several', [{ headers: version }, { headers: { 'x-version': { one_of: ['1', '2'] } } }]],
    [
      'several values before a beginning',
      [{ headers: { 'x-version': { one_of: ['2', '3'] } } }, { headers: { 'x-version': { prefix: '2' } } }],
    ],
    [
      'a beginning before presence',
      [{ headers: { 'x-version': { prefix: '2' } } }, { headers: { 'x-version': { present: true } } }],
    ],
    [
      'the longer beginning',
      [{ headers: { 'x-version': { prefix: '2.1' } } }, { headers: { 'x-version': { prefix: '2' } } }],
    ],
    [
      'fewer values',
      [
        { headers: { 'x-version': { one_of: ['2.1', '3'] } } },
        { headers: { 'x-version': { one_of: ['1', '2.1', '3'] } } },
      ],
    ],
    ['fewer methods', [{ methods: ['GET'] }, { methods: ['GET', 'PUT'] }]],
    [
      'the name that comes first',
      [
        { name: 'a', headers: version },
        { name: 'b', query: { debug: { equals: '' } } },
      ],
    ],
  ];
  for (const [name, given] of choices) {
    test(`${name} is asked first`, () => {
      const routes = given.map((route) => patternOf(route));
      const value = JSON.stringify(given).includes('2.1') ? '2.1' : '2';
      const request = headOf({ query: '?debug', headers: { 'X-Version': value } });
      assert.equal(new Router(routes).match(request, '/'), routes[0]);
      assert.equal(new Router(routes.toReversed()).match(request, '/'), routes[0]);
    });
  }

  test('one whose conditions fail gives way to another one, and to a wider path and host', () => {
    const routes = [
      patternOf({ path: '/a/{x}', host: 'a.example', headers: version }),
      patternOf({ path: '/a/{x}', host: 'a.example', query: { q: { equals: '1' } } }),
      patternOf({ path: '/*', host: 'a.example', query: debug }),
      patternOf({ path: '/a/*' }),
    ];
    const router = new Router(routes);
    const ask = (query: string, headers = {}) => router.match(headOf({ query, headers }), '/a/b');
    assert.equal(ask('?q=1&debug', { 'X-Version': '2' }), routes[0]);
    assert.equal(ask('?q=1&debug'), routes[1]);
    assert.equal(ask('?debug'), routes[2]);
    assert.equal(ask(''), routes[3]);
  });

  test('one whose conditions fail is not counted when the methods are told', () => {
    const router = new Router([
      patternOf({ methods: ['PUT'], headers: version }),
      patternOf({ methods: ['DELETE'], query: debug }),
      patternOf({ methods: ['POST'], path: '/a' }),
    ]);
    assert.deepEqual(router.methodsFor(headOf({ query: '?debug' }), '/a'), ['DELETE', 'POST']);
    assert.deepEqual(router.methodsFor(headOf({ headers: { 'x-version': '2' } }), '/'), ['PUT']);
    assert.deepEqual(router.methodsFor(headOf({}), '/'), []);
  });
});

test('the order in which routes are written changes nothing', () => {
  const routes = ['a', 'b', 'c'].map((name) => patternOf({ name, query: { [name]: { present: true } } }));
  for (const order of [routes, routes.toReversed()]) {
    assert.equal(new Router(order).match(headOf({ query: '?c&b' }), '/')?.name, 'b');
  }
});
