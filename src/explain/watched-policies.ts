import type { ErrorCode } from '../core/error-codes.ts';
import type { PolicyFinding } from '../core/explanation.ts';
import { refusalDetails } from '../core/refusal-details.ts';
import type { Policy, PolicyExchange, PolicyExplanation, Verdict } from '../core/policy.ts';
import type { NamedPolicy } from '../snapshot/compile-policies.ts';
import type { Route } from '../snapshot/snapshot.ts';
import { createLookBook, type LookBook, type Looks } from './looks.ts';

/** The policies of a route, which run as they are, while what each of them says and looks at is noted. */
export class WatchedPolicies {
  /** To be run in place of the route. */
  readonly route: Route;
  readonly #all: readonly NamedPolicy[];
  readonly #findings = new Map<number, PolicyFinding>();
  readonly #books: LookBook[] = [];
  readonly #looks: Looks;

  readonly #shadows: readonly ErrorCode[];

  /** `shadows` grows with each refusal of a policy that is tried out only. */
  constructor(route: Route, looks: Looks, shadows: readonly ErrorCode[]) {
    this.#shadows = shadows;
    const { onRequest, onResponse, onFinish } = route.policies;
    this.#looks = looks;
    const byOrder = new Map([...onFinish, ...onResponse, ...onRequest].map((named) => [named.order, named]));
    this.#all = [...byOrder.values()].toSorted((left, right) => left.order - right.order);
    this.route = { ...route, policies: { ...route.policies, onRequest: onRequest.map((named) => this.#watch(named)) } };
  }

  /** One for each policy of the route, as far as the request has come. */
  findings(request: PolicyExchange & { readonly refusedBy: NamedPolicy | null }): readonly PolicyFinding[] {
    const endedBy = request.refusedBy;
    let undecided = false;
    return this.#all.map((named): PolicyFinding => {
      const { name, order, policy } = named;
      const found = this.#findings.get(order);
      if (found !== undefined) return found;
      if (endedBy !== null && order > endedBy.order) {
        return { policy: name, verdict: 'skip', reason: `not reached: ${endedBy.name} ended the request` };
      }
      if (policy.onRequest === undefined) {
        const isTold = policy.explain !== undefined;
        const reason = isTold ? explain(policy, request, undefined).reason : 'it looks at answers only';
        return { policy: name, verdict: 'pass', reason };
      }
      const reason = undecided ? 'not reached' : 'it has not decided in time';
      undecided = true;
      return { policy: name, verdict: 'skip', reason };
    });
  }

  /** What was looked up as an API key. */
  get secrets(): readonly string[] {
    return this.#books.flatMap(({ secrets }) => secrets);
  }

  /** Notes that a policy failed. */
  noteFailure({ name, order }: NamedPolicy, reason: string): void {
    this.#findings.set(order, { policy: name, verdict: 'refuse', code: 'internal_error', reason });
  }

  /** Notes that the body is longer than a policy takes. */
  noteTooLong({ name, order, bodyLimit }: NamedPolicy): void {
    const reason = `it needs the whole body, up to ${bodyLimit} bytes of it`;
    this.#findings.set(order, { policy: name, verdict: 'refuse', code: 'body_too_large', reason });
  }

  /** Notes that a policy was passed over for want of a body. */
  noteUnasked({ name, order }: NamedPolicy): void {
    const reason = 'not asked: it judges by the body, which nobody has sent';
    this.#findings.set(order, { policy: name, verdict: 'skip', reason });
  }

  #watch(named: NamedPolicy): NamedPolicy {
    const { name, order, policy, bodyLimit } = named;
    const onRequest = (exchange: PolicyExchange): Verdict | Promise<Verdict> => {
      const book = createLookBook();
      this.#books.push(book);
      const shadowsBefore = this.#shadows.length;
      const note = (verdict: Verdict): Verdict => {
        const shadow = this.#shadows[shadowsBefore];
        this.#findings.set(order, describe({ name, policy, exchange, verdict, book, shadow }));
        return verdict;
      };
      const verdict = this.#looks.within(book, () => policy.onRequest?.(exchange));
      return verdict instanceof Promise ? verdict.then(note) : note(verdict);
    };
    return { name, order, policy: { onRequest }, bodyLimit };
  }
}

function describe(judged: {
  readonly name: string;
  readonly policy: Policy;
  readonly exchange: PolicyExchange;
  readonly verdict: Verdict;
  readonly book: LookBook;
  readonly shadow: ErrorCode | undefined;
}): PolicyFinding {
  const { name, policy, exchange, verdict, book, shadow } = judged;
  const { skipped, reason } = explain(policy, exchange, verdict);
  return {
    policy: name,
    verdict: verdict !== undefined ? 'refuse' : skipped ? 'skip' : 'pass',
    reason,
    ...(verdict !== undefined && 'code' in verdict ? { code: verdict.code } : {}),
    ...(shadow === undefined ? {} : { shadow_code: shadow }),
    ...(book.limits.length === 0 ? {} : { limits: book.limits }),
  };
}

/** In the policy's own words where it has some; one that cannot say why has decided all the same. */
function explain(policy: Policy, exchange: PolicyExchange, verdict: Verdict): PolicyExplanation {
  try {
    const told = policy.explain?.(exchange, verdict);
    if (told !== undefined) return told;
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { skipped: false, reason: `it fails to say why: ${failure}` };
  }
  if (verdict === undefined) return { skipped: false, reason: 'it lets the request by' };
  if ('code' in verdict) return { skipped: false, reason: refusalDetails[verdict.code] };
  return { skipped: false, reason: `it answers ${verdict.status} itself` };
}
