import { do_not_optimize as keep } from 'mitata';
import { normalisePath } from '../../src/routing/path.ts';
import { Router, type RoutePattern } from '../../src/routing/router.ts';
import type { MicroCase } from './micro-case.ts';

/** A power of two, so that taking turns costs a mask. */
const differentPaths = 1_024;

/** From the path as it was sent to the route. */
export function routingCases(): MicroCase[] {
  return [
    normalise('a plain path', '/api/v1/projects/4711/issues'),
    normalise('a path with escapes and dot segments', '/api/%7euser/a/../b//c%2Dd/%e4%bd%a0'),
    ...[1, 1_000, 10_000].map(matchAmong),
  ];
}

function normalise(what: string, path: string): MicroCase {
  return { name: `normalisePath: ${what}`, call: () => keep(normalisePath(path)) };
}

function matchAmong(count: number): MicroCase {
  const routes = Array.from({ length: count }, (_, at): RoutePattern => {
    const path = count === 1 ? '/*' : `/api/v1/resource-${at}/*`;
    return { path, host: undefined, methods: undefined, headers: {}, query: {} };
  });
  const router = new Router(routes);
  const paths = Array.from(
    { length: differentPaths },
    (_, at) => `/api/v1/resource-${(at * 7919) % count}/items/${at}`,
  );
  let turn = 0;
  return {
    name: `Router.match: among ${count.toLocaleString('en-GB')} ${count === 1 ? 'route' : 'routes'}`,
    call: () => {
      turn = (turn + 1) & (differentPaths - 1);
      const route = router.match('GET', 'app.example.com', paths[turn] ?? '');
      if (route === null) throw new Error('No route was found.');
      keep(route);
    },
  };
}
