import type { ErrorCode } from '../core/error-codes.ts';
import type { Refusal } from '../core/policy.ts';
import { decidePath, decideRoute } from '../snapshot/decide.ts';
import type { Route, Snapshot } from '../snapshot/snapshot.ts';
import { isCountedMethod } from '../state/counters.ts';
import type { JudgedRequest } from './judged-request.ts';

/** Gives a request its normalised path and its route. Returns why it gets none; null where it has one then. */
export function decideRequest(request: JudgedRequest, snapshot: Snapshot): Refusal | null {
  const { head } = request;
  if (head.wantsUpgrade && head.connectionUpgrade) return { code: 'upgrade_not_supported' };
  if (head.path === '*') return { code: 'route_not_found' };
  const path = decidePath(head.path);
  if (path === null) return { code: 'invalid_path' };
  request.path = path;
  request.route = decideRoute(snapshot, head, path);
  if (request.route !== null) return null;
  const methods = snapshot.router.methodsFor(head, path);
  if (methods.length === 0) return { code: 'route_not_found' };
  return { code: 'method_not_allowed', fields: [['Allow', methods.join(', ')]] };
}

/** What the gateway itself has against a request that all policies have let by; null for nothing. */
export function refusalOfAdmitted(request: JudgedRequest, route: Route): ErrorCode | null {
  if (request.head.contentLength > request.maximumBody) return 'body_too_large';
  // The endpoints of the gateway's own are behind a parser that knows the methods of a registry only.
  if (route.internal && !isCountedMethod(request.head.method)) return 'method_not_allowed';
  return null;
}
