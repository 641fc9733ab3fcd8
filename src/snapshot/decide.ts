import type { RoutedRequest } from '../core/route-pattern.ts';
import { explainRoutes, type RouteCandidate } from '../routing/explain-routes.ts';
import { normalisePath } from '../routing/path.ts';
import type { Route, Snapshot } from './snapshot.ts';

/** The path that a request is judged by and that its target gets; null where there is no safe one. */
export function decidePath(path: string): string | null {
  return normalisePath(path);
}

/** The route of a request: one of the gateway's own endpoints, or the most specific one of the configuration. */
export function decideRoute(snapshot: Snapshot, request: RoutedRequest, path: string): Route | null {
  return snapshot.gatewayPaths.match(path, request) ?? snapshot.router.match(request, path);
}

/**
 * What became of each route in the choice that `decideRoute` makes, in the order of the configuration; at most one has
 * `matched`. An endpoint of the gateway's own stands before them where it takes the request. For people: it is slow.
 */
export function explainRoute(snapshot: Snapshot, request: RoutedRequest, path: string): readonly RouteCandidate[] {
  const own = snapshot.gatewayPaths.match(path, request);
  if (own === null) return explainRoutes(snapshot.router, request, path);
  const chosen = { route: own.name, matched: true, reason: `${own.path} is an endpoint of the gateway's own` };
  const reason = "endpoints of the gateway's own come before all routes";
  return [chosen, ...snapshot.router.routes.map(({ name }) => ({ route: name, matched: false, reason }))];
}
