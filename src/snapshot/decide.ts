import { normalisePath } from '../routing/path.ts';
import type { Route, Snapshot } from './snapshot.ts';

/** The path that a request is judged by and that its target gets; null where there is no safe one. */
export function decidePath(path: string): string | null {
  return normalisePath(path);
}

/** The route of a request: one of the gateway's own endpoints, or the most specific one of the configuration. */
export function decideRoute(snapshot: Snapshot, request: { method: string; host: string }, path: string): Route | null {
  return snapshot.gatewayPaths.match(path, request.method) ?? snapshot.router.match(request.method, request.host, path);
}
