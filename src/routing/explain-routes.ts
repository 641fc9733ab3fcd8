import type { RoutedRequest, RoutePattern, ValueCondition } from '../core/route-pattern.ts';
import { compareRoutes } from '../core/route-specificity.ts';
import { isParameter } from '../core/template.ts';
import { RouteConditions } from './route-conditions.ts';
import { hostName, Router } from './router.ts';

/** What became of one route in the choice for a request. */
export interface RouteCandidate {
  /** The name of the route. */
  readonly route: string;
  /** Whether it is the one that was chosen. */
  readonly matched: boolean;
  /** For people: why it was chosen, or why not. */
  readonly reason: string;
}

/**
 * Says of every route why it is the one for a request, or why it is not. Each reason comes from the router itself, which is
 * asked with one part of one route at a time, so that it cannot say anything else than the choice. For people: it is slow.
 *
 * @param path the normalised one of the request
 */
export function explainRoutes(
  router: Router<RoutePattern>,
  request: RoutedRequest,
  path: string,
): readonly RouteCandidate[] {
  const winner = router.match(request, path);
  return router.routes.map((route) => {
    const reason = winner === route ? whyChosen(router, request, path) : whyNot(route, winner, { request, path });
    return { route: route.name, matched: winner === route, reason };
  });
}

interface Asked {
  readonly request: RoutedRequest;
  readonly path: string;
}

function whyChosen(router: Router<RoutePattern>, request: RoutedRequest, path: string): string {
  const others = router.routes.filter((route) => isTaken(route, { request, path })).length - 1;
  if (others === 0) return 'the only route that matches';
  return `the most specific of ${others + 1} routes that match`;
}

function isTaken(route: RoutePattern, { request, path }: Asked): boolean {
  return new Router([route]).match(request, path) !== null;
}

function whyNot(route: RoutePattern, winner: RoutePattern | null, asked: Asked): string {
  const { name, host, path, methods, headers, query } = route;
  const open = { name, path: '/*', host: undefined, methods: undefined, headers: {}, query: {} };
  if (!isTaken({ ...open, host }, asked)) return otherHost(host ?? '', asked.request);
  if (!isTaken({ ...open, path }, asked)) return otherPath(path, asked.path);
  if (!isTaken({ ...open, methods }, asked)) {
    return `the method is ${asked.request.method}, the route takes ${(methods ?? []).join(', ')}`;
  }
  const failed = new RouteConditions({ headers, query }).firstFailure(asked.request);
  if (failed !== null) return otherValue(failed, failed.valuesIn(asked.request));
  return winner === null ? 'it matches' : whyLessSpecific(route, winner);
}

function otherHost(wanted: string, { host }: RoutedRequest): string {
  const name = hostName(host);
  return `another host: ${name === '' ? 'the request has none' : `the request is for ${name}`}, the route for ${wanted}`;
}

function otherPath(pattern: string, path: string): string {
  const isPrefix = pattern.endsWith('/*');
  const fixed = isPrefix ? pattern.slice(0, -2) : pattern;
  if (fixed.split('/').some(isParameter)) return `the path ${path} does not fit ${pattern}`;
  if (!isPrefix) return `the path is ${path}, not ${pattern}`;
  const end = path.startsWith(fixed) ? ' as a whole segment' : '';
  return `the path ${path} does not begin with ${fixed}${end}`;
}

/** Values of fields and parameters with such names are for nobody's eyes. */
const secretName = /auth|cookie|key|pass|secret|session|signature|token/i;

function otherValue(
  failed: { readonly kind: string; readonly name: string; readonly wanted: ValueCondition },
  values: readonly string[],
): string {
  const { kind, name, wanted } = failed;
  if (wanted.present === false) return `there is a ${kind} ${name}, which the route does not take`;
  if (values.length === 0) return `there is no ${kind} ${name}`;
  if (secretName.test(name)) return `the ${kind} ${name} is not what the route wants`;
  const found = values.map((value) => JSON.stringify(Buffer.from(value, 'latin1').toString('utf8'))).join(' and ');
  return `the ${kind} ${name} is ${found}, the route wants ${describeWanted(wanted)}`;
}

function describeWanted({ equals, prefix, one_of: values }: ValueCondition): string {
  if (equals !== undefined) return JSON.stringify(equals);
  if (prefix !== undefined) return `one that begins with ${JSON.stringify(prefix)}`;
  return `one of ${(values ?? []).map((value) => JSON.stringify(value)).join(', ')}`;
}

function whyLessSpecific(route: RoutePattern, winner: RoutePattern): string {
  const { reason } = compareRoutes(winner, route);
  return `matches, but is less specific than route ${winner.name}: ${reason}`;
}
