import { gatewayPaths } from '../../core/gateway-paths.ts';
import { compareRoutes, findAmbiguousRoutes } from '../../core/route-specificity.ts';
import { isFixed, compileTemplate, parametersOf } from '../../core/template.ts';
import type { Config, RouteConfig } from '../schema.ts';
import type { Finding, Lint } from './lint.ts';
import { findUnreachable } from './reachability.ts';
import { exampleOf, matchesPath, parametersIn, type ExamplePath } from './example-path.ts';

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
      const target = redirectedPath(route, exampleOf(route.match.path));
      if (target === null) continue;
      const next = winnerFor(target, route, config);
      if (next === undefined) continue;
      const path = ['routes', index, 'redirect', 'to'];
      if (next.name === route.name) {
        yield { path, message: `${target} is redirected by this route too, and so for ever: choose another path` };
        continue;
      }
      // Each of two that lead to each other would tell the same.
      if (config.routes.indexOf(next) < index) continue;
      const back = redirectedPath(next, { path: target, parameters: parametersIn(next.match.path, target) });
      if (back === null || winnerFor(back, route, config)?.name !== route.name) continue;
      const other = JSON.stringify(next.name);
      yield { path, message: `${target} is redirected by ${other} to ${back}, and so for ever: choose another path` };
    }
  },
};

/** Where a request is sent, as long as it stays on the host; null where that cannot be told. */
function redirectedPath({ match, redirect }: RouteConfig, asked: ExamplePath): string | null {
  if (redirect === undefined) return null;
  if (redirect.status === 303 && match.methods?.includes('GET') === false) return null;
  let target = redirect.to.replace(/[?#].*$/s, '');
  for (const name of parametersOf(match.path)) {
    target = target.replaceAll(`{${name}}`, asked.parameters.get(name) ?? '');
  }
  target = target.replaceAll('{request.path}', asked.path);
  return /^\/(?!\/)/.test(target) && isFixed(compileTemplate(target, match.path)) ? target : null;
}

/** The route that a request of the same kind for another path gets to; conditions that only others have do not hold. */
function winnerFor(path: string, route: RouteConfig, { routes }: Config): RouteConfig | undefined {
  const candidates = routes.filter(
    ({ name, match }) =>
      matchesPath(match.path, path) &&
      (name === route.name ||
        ((match.host === undefined || match.host === route.match.host) &&
          (match.methods === undefined || route.match.methods?.some((method) => match.methods?.includes(method))) &&
          Object.keys(match.headers).length + Object.keys(match.query).length === 0)),
  );
  return candidates.toSorted((left, right) => compareRoutes(patternOf(left), patternOf(right)).order)[0];
}
