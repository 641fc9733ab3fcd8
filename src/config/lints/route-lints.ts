import { gatewayPaths } from '../../core/gateway-paths.ts';
import { compareRoutes, findAmbiguousRoutes } from '../../core/route-specificity.ts';
import { isFixed, compileTemplate, parametersOf } from '../../core/template.ts';
import type { Config, RouteConfig } from '../schema.ts';
import type { Finding, Lint } from './lint.ts';
import { findUnreachable } from './reachability.ts';
import { exampleOf, matchesPath } from './example-path.ts';

/** The route as the rules of precedence see it. */
function patternOf({ name, match }: RouteConfig) {
  const { path, host, methods, headers, query } = match;
  return { name, path, host, methods, headers, query };
}

export const unreachableRoute: Lint = {
  number: 'SL001',
  title: 'a route that never gets a request',
  *find({ config }) {
    const own = gatewayPaths(config.admin?.address === 'main' ? config.admin.endpoints : 'probes');
    const taken = findUnreachable(config.routes.map(patternOf));
    for (const [index, route] of config.routes.entries()) {
      const path = ['routes', index];
      const endpoint = own.find(({ pattern }) => isWithin(route.match.path, pattern));
      const others = taken.get(route.name);
      if (endpoint !== undefined) {
        const message = `no request gets here: ${endpoint.pattern} is answered by the gateway itself`;
        yield { path, message };
      } else if (others !== undefined) {
        const names = others.map((name) => JSON.stringify(name)).join(' and ');
        yield { path, message: `no request gets here: ${names} ${others.length === 1 ? 'takes' : 'take'} them all` };
      }
    }
  },
};

/** Whether a route's path is all within one of the gateway's own. */
function isWithin(path: string, own: string): boolean {
  if (!own.endsWith('/*')) return path === own;
  return path === own.slice(0, -2) || path.startsWith(own.slice(0, -1));
}

export const ambiguousRoutes: Lint = {
  number: 'SL003',
  title: 'two routes of which neither is the more specific one',
  *find({ config }) {
    const patterns = config.routes.map(patternOf);
    // Of those, there is worse to tell.
    const taken = findUnreachable(patterns);
    for (const { first, second } of findAmbiguousRoutes(patterns)) {
      if (taken.has(first.name) || taken.has(second.name)) continue;
      const { reason } = compareRoutes(first, second);
      const index = config.routes.findIndex(({ name }) => name === second.name);
      yield {
        path: ['routes', index, 'match'],
        message:
          `some requests match this route and ${JSON.stringify(first.name)} alike, and go there: ${reason}. ` +
          'Name the one or the other more closely, or add a route for what they have in common',
      };
    }
  },
};

export const selfRedirect: Lint = {
  number: 'SL011',
  title: 'a redirect that leads to itself',
  *find({ config }): Iterable<Finding> {
    for (const [index, route] of config.routes.entries()) {
      const target = redirectedPath(route);
      if (target === null || winnerFor(target, route, config)?.name !== route.name) continue;
      yield {
        path: ['routes', index, 'redirect', 'to'],
        message: `${target} is redirected by this route too, and so for ever: choose another path`,
      };
    }
  },
};

/** Where an example of a request is sent, as long as it stays on the host; null where that cannot be told. */
function redirectedPath({ match, redirect }: RouteConfig): string | null {
  if (redirect === undefined) return null;
  if (redirect.status === 303 && match.methods?.includes('GET') === false) return null;
  const example = exampleOf(match.path);
  let target = redirect.to.replace(/[?#].*$/s, '');
  for (const name of parametersOf(match.path)) {
    target = target.replaceAll(`{${name}}`, example.parameters.get(name) ?? '');
  }
  target = target.replaceAll('{request.path}', example.path);
  return /^\/(?!\/)/.test(target) && isFixed(compileTemplate(target, match.path)) ? target : null;
}

/** The route that a request of the same kind for another path gets to; conditions that only others have do not hold. */
function winnerFor(path: string, route: RouteConfig, { routes }: Config): RouteConfig | undefined {
  const candidates = routes.filter(
    ({ name, match }) =>
      name === route.name ||
      (matchesPath(match.path, path) &&
        (match.host === undefined || match.host === route.match.host) &&
        (match.methods === undefined || route.match.methods?.some((method) => match.methods?.includes(method))) &&
        Object.keys(match.headers).length + Object.keys(match.query).length === 0),
  );
  if (!matchesPath(route.match.path, path)) return undefined;
  return candidates.toSorted((left, right) => compareRoutes(patternOf(left), patternOf(right)).order)[0];
}
