import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as assertProperty, constantFrom, option, property, record, subarray, tuple } from 'fast-check';
import { Router, type RoutePattern } from './router.ts';

function routerOf(...hosts: (string | undefined)[]): Router<RoutePattern> {
  return new Router(hosts.map((host) => ({ path: '/*', methods: undefined, host, headers: {}, query: {} })));
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
      const route = routerOf(...hosts).match('GET', asked, '/a');
      assert.equal(route === null ? null : route.host, chosen);
    });
  }

  test('counts before the path and the method, but gives way where it has no such path or method', () => {
    const routes: RoutePattern[] = [
      { path: '/a/b', methods: ['GET'], host: undefined, headers: {}, query: {} },
      { path: '/*', methods: ['PUT'], host: 'a.example', headers: {}, query: {} },
      { path: '/a/*', methods: ['GET'], host: '*.example', headers: {}, query: {} },
    ];
    const router = new Router(routes);
    assert.equal(router.match('GET', 'a.example', '/a/b'), routes[2]);
    assert.equal(router.match('PUT', 'a.example', '/a/b'), routes[1]);
    assert.equal(router.match('GET', 'b.other', '/a/b'), routes[0]);
    assert.equal(router.match('PUT', 'b.example', '/a/b'), null);
    assert.deepEqual(router.methodsFor('a.example', '/a/b'), ['GET', 'PUT']);
    assert.deepEqual(router.methodsFor('b.example', '/a/b'), ['GET']);
    assert.deepEqual(router.methodsFor('b.other', '/c'), []);
  });
});

interface Asked {
  readonly method: string;
  readonly host: string;
  readonly path: string;
}

/** How well a route fits, worst to best, or null: host first, then path, then method, then the order of writing. */
function rankOf(route: RoutePattern, { method, host, path }: Asked): number[] | null {
  const wildcard = route.host?.startsWith('*.') === true ? route.host.slice(1) : null;
  if (route.methods !== undefined && !route.methods.includes(method)) return null;
  if (route.host !== undefined && (wildcard === null ? host !== route.host : !host.endsWith(wildcard))) return null;
  const prefix = route.path.endsWith('/*') ? route.path.slice(0, -2) : null;
  if (prefix === null ? path !== route.path : path !== prefix && !path.startsWith(`${prefix}/`)) return null;
  const hostRank = route.host === undefined ? 0 : wildcard === null ? 1000 : wildcard.length;
  return [hostRank, prefix === null ? 1000 : prefix.length, route.methods === undefined ? 0 : 1];
}

function isBetter(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((rank, index) => rank !== other[index]);
  return at >= 0 && (one[at] ?? 0) > (other[at] ?? 0);
}

function matchNaively(routes: readonly RoutePattern[], asked: Asked): RoutePattern | null {
  let best: { route: RoutePattern; rank: number[] } | null = null;
  for (const route of routes) {
    const rank = rankOf(route, asked);
    if (rank !== null && (best === null || isBetter(rank, best.rank))) best = { route, rank };
  }
  return best?.route ?? null;
}

function listMethodsNaively(routes: readonly RoutePattern[], asked: Asked): string[] {
  const methods = routes.flatMap((route) => route.methods ?? []);
  const fits = (method: string) =>
    routes.some((route) => route.methods?.includes(method) === true && rankOf(route, { ...asked, method }) !== null);
  return [...new Set(methods)].filter(fits).toSorted();
}

const segment = constantFrom('a', 'b', 'ab', '');
const anyPath = array(segment, { minLength: 1, maxLength: 4 }).map((segments) =>
  `/${segments.join('/')}`.replaceAll(/\/\/+/g, '/'),
);
const pattern = tuple(anyPath, constantFrom('', '/*')).map(([path, end]) =>
  end === '' ? path : `${path.replace(/\/$/, '')}/*`,
);
const methods = option(subarray(['GET', 'PUT', 'POST'], { minLength: 1 }), { nil: undefined });
const routeHost = constantFrom(undefined, undefined, 'a.c', 'b.c', '*.c', '*.a.c');
const anyRoute = record({ path: pattern, methods, host: routeHost });
const anyRequest = record({
  method: constantFrom('GET', 'PUT', 'POST', 'HEAD'),
  host: constantFrom('a.c', 'b.c', 'c', 'x.a.c', 'y.x.a.c', 'd', ''),
  path: anyPath,
});

test('a router chooses what a search through all routes would choose', () => {
  assertProperty(
    property(
      array(anyRoute, { maxLength: 12 }),
      array(anyRequest, { minLength: 5, maxLength: 20 }),
      (routes, requests) => {
        const router = new Router(routes);
        for (const asked of requests) {
          assert.equal(router.match(asked.method, asked.host, asked.path), matchNaively(routes, asked));
          assert.deepEqual(router.methodsFor(asked.host, asked.path), listMethodsNaively(routes, asked));
        }
      },
    ),
    { numRuns: 1500 },
  );
});
