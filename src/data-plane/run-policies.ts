import type { PolicyAnswer, PolicyExchange, Verdict } from '../core/policy.ts';
import { rethrow } from '../lib/rethrow.ts';
import type { NamedPolicy } from '../snapshot/compile-policies.ts';
import type { Route } from '../snapshot/snapshot.ts';

/** A request that policies judge. */
export interface PolicySubject extends PolicyExchange {
  /** A policy has still to say something; it may write to this object until then, so no other request may have it. */
  awaitsVerdict: boolean;
  /** Its fate is known already, such as that its client is gone. */
  readonly recorded: boolean;
  /** The policy that ended the request, null where none did. */
  refusedBy: NamedPolicy | null;
  /**
   * Whether the whole body is there that the policy needs. Otherwise the policies are run again from `at` on once it is,
   * unless it is too long: that ends the request.
   */
  holdsBody(policy: NamedPolicy, at: number): boolean;
  /** No policy has anything against it. */
  admit(route: Route): void;
  obey(verdict: NonNullable<Verdict>): void;
  failPolicy(policy: NamedPolicy, error: unknown): void;
}

/**
 * Asks the policies of a route in the order written, from the one at `first`, until one has something against the
 * request. Nothing is awaited unless a policy really returned a promise.
 */
export function runPolicies(subject: PolicySubject, route: Route, first: number): void {
  const policies = route.policies.onRequest;
  for (let at = first; at < policies.length; at++) {
    const named = policies[at];
    if (named === undefined) continue;
    if (named.bodyLimit > 0 && !subject.holdsBody(named, at)) return;
    try {
      const verdict = named.policy.onRequest?.(subject);
      if (verdict === undefined) continue;
      if (verdict instanceof Promise) awaitVerdict(subject, verdict, { route, at, named }).catch(rethrow);
      else obey(subject, named, verdict);
    } catch (error) {
      fail(subject, named, error);
    }
    return;
  }
  subject.admit(route);
}

async function awaitVerdict(
  subject: PolicySubject,
  pending: Promise<Verdict>,
  { route, at, named }: { route: Route; at: number; named: NamedPolicy },
): Promise<void> {
  subject.awaitsVerdict = true;
  let verdict: Verdict;
  try {
    verdict = await pending;
  } catch (error) {
    subject.awaitsVerdict = false;
    if (!subject.recorded) fail(subject, named, error);
    return;
  }
  subject.awaitsVerdict = false;
  // The client may be gone meanwhile.
  if (subject.recorded) return;
  if (verdict === undefined) return runPolicies(subject, route, at + 1);
  try {
    obey(subject, named, verdict);
  } catch (error) {
    fail(subject, named, error);
  }
}

function obey(subject: PolicySubject, named: NamedPolicy, verdict: NonNullable<Verdict>): void {
  subject.refusedBy = named;
  subject.obey(verdict);
}

function fail(subject: PolicySubject, named: NamedPolicy, error: unknown): void {
  subject.refusedBy = named;
  subject.failPolicy(named, error);
}

/** What response policies are run for. */
export interface AnsweredSubject extends PolicyExchange {
  readonly refusedBy: NamedPolicy | null;
  /** Returns false where no policy is to be asked. */
  beginAnswer(): boolean;
  failAnswer(): void;
  logPolicyFailure(policy: NamedPolicy, error: unknown): void;
}

/** Shows an answer to the policies that let the request by, the last one first. Returns false where one of them fails. */
export function runResponsePolicies(subject: AnsweredSubject, route: Route, answer: PolicyAnswer): boolean {
  const policies = route.policies.onResponse;
  if (policies.length === 0 || !subject.beginAnswer()) return true;
  const before = subject.refusedBy?.order ?? Infinity;
  for (const named of policies) {
    if (named.order >= before) continue;
    try {
      named.policy.onResponse?.(subject, answer);
    } catch (error) {
      subject.failAnswer();
      subject.logPolicyFailure(named, error);
      return false;
    }
  }
  return true;
}
