import type { ErrorCode } from '../core/error-codes.ts';
import type { Verdict } from '../core/policy.ts';
import type { RequestHead } from '../core/request-head.ts';
import { isRequestId } from '../core/request-id.ts';
import { JudgedRequest } from '../data-plane/judged-request.ts';
import { runPolicies, type AnsweredSubject, type PolicySubject } from '../data-plane/run-policies.ts';
import { isTraceparent } from '../data-plane/request-ids.ts';
import { clientBehind } from '../lib/client-address.ts';
import type { NamedPolicy } from '../snapshot/compile-policies.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { WatchedPolicies } from './watched-policies.ts';

/** Stands for what is made anew for each request. */
const made = '(new)';

/** What the policies of a route have decided. */
export type Decision =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'ended'; readonly verdict: NonNullable<Verdict> }
  | { readonly kind: 'failed'; readonly policy: NamedPolicy; readonly error: unknown };

/** A request that nobody has sent, judged as one that somebody has. */
export class ExplainedRequest extends JudgedRequest implements PolicySubject, AnsweredSubject {
  readonly snapshot: Snapshot;
  readonly peerIp: string;
  readonly isPeerTrusted: boolean;
  awaitsVerdict = false;
  /** Nobody goes away. */
  readonly recorded = false;
  /** Policies that failed at an answer. */
  readonly failures: { readonly policy: string; readonly error: unknown }[] = [];
  /** What policies that are only tried out would have refused it with. */
  readonly shadowRefusals: ErrorCode[] = [];
  readonly #bodyBytes: number;
  readonly #decided = Promise.withResolvers<Decision>();
  #policies: WatchedPolicies | null = null;

  constructor(
    head: RequestHead,
    { snapshot, peerIp, bodyBytes }: { snapshot: Snapshot; peerIp: string; bodyBytes: number | null },
  ) {
    super(head);
    this.snapshot = snapshot;
    this.peerIp = peerIp;
    this.#bodyBytes = Math.max(head.contentLength, head.chunked ? (bodyBytes ?? 1) : 0);
    this.resetJudgement(peerIp, snapshot.maximumBody);
    this.identity.beginGiven(
      isRequestId(head.requestId) ? head.requestId : made,
      isTraceparent(head.traceparent) ? head.traceparent : made,
    );
    const { trustedProxies } = snapshot;
    this.isPeerTrusted = trustedProxies?.contains(peerIp) === true;
    if (trustedProxies !== null && this.isPeerTrusted) {
      this.clientIp = clientBehind(peerIp, head.forwardedFor, trustedProxies);
    }
  }

  /** Asks the policies; resolves with what they have decided. */
  async judge(policies: WatchedPolicies): Promise<Decision> {
    this.#policies = policies;
    runPolicies(this, policies.route, 0);
    return await this.#decided.promise;
  }

  /** Nobody sends the body, so a policy that needs one is asked only where there is none. */
  override holdsBody(policy: NamedPolicy, at: number): boolean {
    if (this.#bodyBytes > policy.bodyLimit) {
      this.refusedBy = policy;
      this.#policies?.noteTooLong(policy);
      this.obey({ code: 'body_too_large' });
      return false;
    }
    if (this.#bodyBytes <= 0) {
      this.body = Buffer.alloc(0);
      return true;
    }
    this.#policies?.noteUnasked(policy);
    if (this.#policies !== null) runPolicies(this, this.#policies.route, at + 1);
    return false;
  }

  override noteShadowRefusal(code: ErrorCode): void {
    super.noteShadowRefusal(code);
    this.shadowRefusals.push(code);
  }

  admit(): void {
    this.#decided.resolve({ kind: 'admitted' });
  }

  obey(verdict: NonNullable<Verdict>): void {
    this.#decided.resolve({ kind: 'ended', verdict });
  }

  failPolicy(policy: NamedPolicy, error: unknown): void {
    this.#decided.resolve({ kind: 'failed', policy, error });
  }

  logPolicyFailure({ name }: NamedPolicy, error: unknown): void {
    this.failures.push({ policy: name, error });
  }
}
