import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  array,
  assert as assertProperty,
  constantFrom,
  dictionary,
  option,
  property,
  record,
  subarray,
  tuple,
  type Arbitrary,
} from 'fast-check';
import type { RequestHead } from '../core/request-head.ts';
import type { RoutePattern, ValueCondition } from '../core/route-pattern.ts';
import { compareRoutes } from '../core/route-specificity.ts';
import { headOf } from '../core/routed-request.fixture.ts';
import { explainRoutes } from './explain-routes.ts';
import { Router } from './router.ts';

interface Asked {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly parameters: readonly (readonly [string, string])[];
}

/** Whether a path fits a pattern, by a regular expression. */
function fitsPath(pattern: string, path: string): boolean {
  const shape = pattern.replace(/\/\*$/, '(?:/.*)?').replaceAll(/\{[a-z]\}/g, '[^/]+');
  return new RegExp(`^${shape}$`).test(path);
}

function holds(condition: ValueCondition, values: readonly string[]): boolean {
  if (condition.present !== undefined) return values.length > 0 === condition.present;
  return values.some(
    (value) =>
      value === condition.equals ||
      condition.one_of?.includes(value) === true ||
      (condition.prefix !== undefined && value.startsWith(condition.prefix)),
  );
}

function fits(route: RoutePattern, { method, host, path, headers, parameters }: Asked): boolean {
  const wildcard = route.host?.startsWith('*.') === true ? route.host.slice(1) : null;
  if (route.methods !== undefined && !route.methods.includes(method)) return false;
  if (route.host !== undefined && (wildcard === null ? host !== route.host : !host.endsWith(wildcard))) return false;
  const all = (conditions: RoutePattern['headers'], pairs: Asked['headers']) =>
    Object.entries(conditions).every(([name, condition]) =>
      holds(
        condition,
        pairs.filter(([key]) => key === name).map(([, value]) => value),
      ),
    );
  return fitsPath(route.path, path) && all(route.headers, headers) && all(route.query, parameters);
}

/** How specific a route is, best first: host, then each segment of the path, then conditions and methods. */
function rankOf(route: RoutePattern): readonly number[] {
  const hostRank = route.host === undefined ? 0 : route.host.startsWith('*.') ? route.host.length : 1000;
  const segments = route.path.split('/').slice(1);
  const path = segments.map((segment) => (segment === '*' ? 1 : segment.startsWith('{') ? 2 : 3));
  // The end of an exact path comes before the `/*` of another one.
  while (path.length < 6) path.push(2);
  const conditions = Object.keys(route.headers).length + Object.keys(route.query).length;
  return [hostRank, ...path, conditions, route.methods === undefined ? 0 : 1];
}

function compareRanks(left: RoutePattern, right: RoutePattern): number {
  const others = rankOf(right);
  for (const [at, rank] of rankOf(left).entries()) if (rank !== others[at]) return (others[at] ?? 0) - rank;
  return 0;
}

function headFor({ method, host, headers, parameters }: Asked): RequestHead {
  const query = new URLSearchParams(parameters.map(([name, value]) => [name, value])).toString();
  return headOf({ method, host, headers, query: query === '' ? '' : `?${query}` });
}

const segment = constantFrom('a', 'b', 'ab', '');
const anyPath = array(segment, { minLength: 1, maxLength: 4 }).map((segments) =>
  `/${segments.join('/')}`.replaceAll(/\/\/+/g, '/'),
);
const patternSegments = array(constantFrom('a', 'b', '{}', '{}', ''), { minLength: 1, maxLength: 4 });
const pattern = tuple(patternSegments, constantFrom('', '/*')).map(([segments, end]) => {
  const named = segments.map((one, at) => (one === '{}' ? `{${'wxyz'[at] ?? ''}}` : one));
  const path = `/${named.join('/')}`.replaceAll(/\/\/+/g, '/');
  return end === '' ? path : `${path.replace(/\/$/, '')}/*`;
});
const value = constantFrom('', '1', '2', '12', 'a b', 'ä&=+%');
const condition: Arbitrary<ValueCondition> = constantFrom<ValueCondition>(
  { equals: '1' },
  { equals: 'ä&=+%' },
  { prefix: '1' },
  { prefix: 'a ' },
  { one_of: ['1', '2'] },
  { one_of: ['12'] },
  { present: true },
  { present: false },
);
const conditions = dictionary(constantFrom('x', 'y', 'z-z'), condition, { maxKeys: 2, noNullPrototype: true });
const methods = option(subarray(['GET', 'PUT', 'POST'], { minLength: 1 }), { nil: undefined });
const routeHost = constantFrom(undefined, undefined, undefined, 'a.c', '*.c', '*.a.c');
const anyRoutes = array(record({ path: pattern, methods, host: routeHost, headers: conditions, query: conditions }), {
  maxLength: 12,
}).map((routes): RoutePattern[] => routes.map((route, at) => ({ ...route, name: `route-${at}` })));
const pairs = array(tuple(constantFrom('x', 'y', 'z-z'), value), { maxLength: 3 });
const anyRequest = record({
  method: constantFrom('GET', 'PUT', 'POST', 'HEAD'),
  host: constantFrom('a.c', 'b.c', 'c', 'x.a.c', 'y.x.a.c', 'd', ''),
  path: anyPath,
  headers: pairs,
  parameters: pairs,
});
const requests = array(anyRequest, { minLength: 5, maxLength: 20 });

test('a router chooses what a search through all routes would choose, in whatever order they are written', () => {
  assertProperty(
    property(anyRoutes, requests, (routes, asked) => {
      const router = new Router(routes);
      const reversed = new Router(routes.toReversed());
      for (const request of asked) {
        const fitting = routes.filter((route) => fits(route, request));
        const chosen = router.match(headFor(request), request.path);
        assert.equal(chosen === null, fitting.length === 0);
        assert.equal(reversed.match(headFor(request), request.path), chosen);
        if (chosen === null) continue;
        assert.ok(fitting.includes(chosen));
        for (const other of fitting) assert.ok(compareRanks(chosen, other) <= 0, `${other.name} is more specific`);
      }
    }),
    { numRuns: 1500 },
  );
});

test('a router names the methods with which a request would have been taken', () => {
  assertProperty(
    property(anyRoutes, requests, (routes, asked) => {
      const router = new Router(routes);
      for (const request of asked) {
        const named = new Set(routes.flatMap((route) => route.methods ?? []));
        const taken = [...named].filter((method) =>
          routes.some((route) => route.methods?.includes(method) === true && fits(route, { ...request, method })),
        );
        assert.deepEqual(router.methodsFor(headFor(request), request.path), taken.toSorted());
      }
    }),
    { numRuns: 500 },
  );
});

test('what is explained is what is chosen, and the reasons against other routes are true', () => {
  assertProperty(
    property(anyRoutes, requests, (routes, asked) => {
      const router = new Router(routes);
      for (const request of asked) {
        const chosen = router.match(headFor(request), request.path);
        const candidates = explainRoutes(router, headFor(request), request.path);
        const names = candidates.filter(({ matched }) => matched).map(({ route }) => route);
        assert.deepEqual(names, chosen === null ? [] : [chosen.name]);
        for (const [at, route] of routes.entries()) {
          const { reason = '' } = candidates[at] ?? {};
          if (route === chosen) continue;
          const loses = reason.startsWith('matches, but is less specific');
          assert.equal(loses, fits(route, request), reason);
          if (loses && chosen !== null) assert.ok(compareRoutes(chosen, route).order < 0, reason);
        }
      }
    }),
    { numRuns: 300 },
  );
});
