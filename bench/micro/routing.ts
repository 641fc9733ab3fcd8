import { do_not_optimize as keep } from 'mitata';
import { normalisePath } from '../../src/routing/path.ts';
import { fieldRole } from '../../src/core/field-names.ts';
import { RequestHead } from '../../src/core/request-head.ts';
import type { RoutePattern } from '../../src/core/route-pattern.ts';
import { Router } from '../../src/routing/router.ts';
import type { MicroCase } from './micro-case.ts';

/** A power of two, so that taking turns costs a mask. */
const differentPaths = 1_024;

/** From the path as it was sent to the route. */
export function routingCases(): MicroCase[] {
  return [
    normalise('a plain path', '/api/v1/projects/4711/issues'),
    normalise('a path with escapes and dot segments', '/api/%7euser/a/../b//c%2Dd/%e4%bd%a0'),
    match('one for everything', [routeFor('/*')]),
    ...[1, 1_000, 10_000].map((count) =>
      match(`among ${count.toLocaleString('en-GB')} ${count === 1 ? 'route' : 'routes'}`, numberedRoutes(count)),
    ),
    match('among 1,000 routes with a parameter', numberedRoutes(1_000, '/items/{id}')),
    match('among 1,000 routes beside one with a parameter', [...numberedRoutes(1_000), routeFor('/api/v1/{any}/*')]),
    match('among 1,000 routes with a condition', numberedRoutes(1_000, '/*', { 'x-version': { equals: '2' } })),
  ];
}

function normalise(what: string, path: string): MicroCase {
  return { name: `normalisePath: ${what}`, call: () => keep(normalisePath(path)) };
}

function routeFor(path: string, headers: RoutePattern['headers'] = {}): RoutePattern {
  return { name: path, path, host: undefined, methods: undefined, headers, query: {} };
}

function numberedRoutes(count: number, end = '/*', headers: RoutePattern['headers'] = {}): RoutePattern[] {
  return Array.from({ length: count }, (_, at) => routeFor(`/api/v1/resource-${at}${end}`, headers));
}

/** As the parser hands a path on: a part of the text of a head. */
function cutOut(path: string): string {
  const head = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: app.example.com\r\n\r\n`).toString('latin1');
  return head.slice(4, 4 + path.length);
}

function match(what: string, routes: readonly RoutePattern[]): MicroCase {
  const router = new Router(routes);
  const paths = Array.from({ length: differentPaths }, (_, at) =>
    cutOut(`/api/v1/resource-${(at * 7919) % routes.length}/items/${at}`),
  );
  const request = new RequestHead();
  request.method = 'GET';
  request.host = 'app.example.com';
  request.text = 'X-Version: 2';
  request.addField(fieldRole.plain, 0, 9, request.text.length);
  let turn = 0;
  return {
    name: `Router.match: ${what}`,
    call: () => {
      turn = (turn + 1) & (differentPaths - 1);
      const route = router.match(request, paths[turn] ?? '');
      if (route === null) throw new Error('No route was found.');
      keep(route);
    },
  };
}
