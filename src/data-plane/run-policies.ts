import type { PolicyExchange, Verdict } from '../core/policy.ts';
import type { Route } from '../snapshot/snapshot.ts';

/** A request that policies judge. */
export interface JudgedExchange extends PolicyExchange {
  /** A policy has still to say something; it may write to this object until then, so no other request may have it. */
  awaitsVerdict: boolean;
  /** Its fate is known already, such as that its client is gone. */
  readonly recorded: boolean;
  /** No policy has anything against it. */
  admit(route: Route): void;
  obey(verdict: NonNullable<Verdict>): void;
  failPolicy(policy: string, error: unknown): void;
}

/**
 * Asks the policies of a route in the order written, from the one at `first`, until one has something against the
 * request. Nothing is awaited unless a policy really returned a promise.
 */
export function runPolicies(exchange: JudgedExchange, route: Route, first: number): void {
  const policies = route.policies.onRequest;
  for (let at = first; at < policies.length; at++) {
    const named = policies[at];
    try {
      const verdict = named?.policy.onRequest?.(exchange);
      if (verdict === undefined) continue;
      if (verdict instanceof Promise) void awaitVerdict(exchange, verdict, { route, at });
      else exchange.obey(verdict);
    } catch (error) {
      exchange.failPolicy(named?.name ?? '', error);
    }
    return;
  }
  exchange.admit(route);
}

async function awaitVerdict(
  exchange: JudgedExchange,
  pending: Promise<Verdict>,
  { route, at }: { route: Route; at: number },
): Promise<void> {
  exchange.awaitsVerdict = true;
  let verdict: Verdict;
  try {
    verdict = await pending;
  } catch (error) {
    exchange.awaitsVerdict = false;
    if (!exchange.recorded) exchange.failPolicy(route.policies.onRequest[at]?.name ?? '', error);
    return;
  }
  exchange.awaitsVerdict = false;
  // The client may be gone meanwhile.
  if (exchange.recorded) return;
  if (verdict === undefined) runPolicies(exchange, route, at + 1);
  else exchange.obey(verdict);
}
