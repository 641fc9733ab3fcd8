import type { BreakerFinding, RetryFinding, TargetFinding, UpstreamFinding } from '../core/explanation.ts';
import type { RequestHead } from '../core/request-head.ts';
import type { BreakerLook } from '../upstream/breaker-look.ts';
import { mayRepeat } from '../upstream/retry.ts';
import type { Target } from '../upstream/target.ts';
import type { TargetView } from '../upstream/target-view.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { describeDuration } from './describe-duration.ts';
import type { ExplainedRequest } from './explained-request.ts';

/** What is said of an upstream, and the target that shows what would be sent on; null where none is fit. */
export interface ExplainedUpstream {
  readonly finding: UpstreamFinding;
  readonly shown: Target | null;
  /** Of the refusal. */
  readonly retryAfterMs: number;
}

/** Which targets of an upstream there are for a request, and whether it would get one now. */
export function explainUpstream(
  upstream: Upstream,
  share: number,
  { request, healthProblem }: { request: ExplainedRequest; healthProblem: (targetSlot: number) => string | null },
): ExplainedUpstream {
  const { next, reason, targets } = upstream.explain(request);
  const fit = targets.filter((view) => view.fit);
  const look = upstream.breaker?.look() ?? null;
  const { connectMs, responseMs, idleMs, waitMs } = upstream.timeouts;
  return {
    finding: {
      upstream: upstream.name,
      share,
      refusal: fit.length === 0 ? 'no_healthy_target' : look?.passes === false ? 'circuit_open' : null,
      targets: targets.map((view) => describeTarget(view, view.target === next, healthProblem(view.target.slot))),
      choice: reason,
      breaker: look === null ? null : describeBreaker(look),
      retry: describeRetry(upstream, request.head),
      timeouts: { connect_ms: connectMs, response_ms: responseMs, idle_ms: idleMs, wait_ms: waitMs },
    },
    shown: next ?? fit[0]?.target ?? null,
    retryAfterMs: look?.retryAfterMs ?? 0,
  };
}

function describeTarget(view: TargetView, chosen: boolean, problem: string | null): TargetFinding {
  return {
    url: view.target.url,
    weight: view.weight,
    health: view.health,
    ejected_for_ms: view.ejectedForMs,
    failures_in_a_row: view.failuresInARow,
    in_flight: view.load,
    answers_in_ms: view.costMs,
    fit: view.fit,
    chosen,
    reason: view.health === 'unhealthy' && problem !== null ? `${view.reason}: ${problem}` : view.reason,
  };
}

function describeBreaker({ state, passes, count, retryAfterMs, underWay }: BreakerLook): BreakerFinding {
  return { state, passes, reason: breakerReason({ state, passes, count, retryAfterMs, underWay }) };
}

function breakerReason({ state, passes, count, retryAfterMs, underWay }: BreakerLook): string {
  if (state === 'closed') return count === 0 ? 'no failures in a row' : `${plural(count, 'failure')} in a row`;
  if (state === 'open') {
    if (!passes && retryAfterMs > 0) return `for another ${describeDuration(retryAfterMs)}`;
    return 'its time is over, so this request would be the first to try';
  }
  const tried = `${plural(underWay, 'request')} under way to try it, ${plural(count, 'success', 'successes')} in a row`;
  return passes ? tried : `${tried}: no more at once`;
}

function describeRetry({ retry }: Upstream, head: RequestHead): RetryFinding | null {
  if (retry === null) return null;
  const { attempts, bodyLimitBytes } = retry.options;
  const finding = (applies: boolean, reason: string): RetryFinding => ({ attempts, applies, reason });
  if (!mayRepeat(head.method, true, retry.options)) {
    return finding(false, `a ${head.method} is repeated only where nothing of it has been sent`);
  }
  if (head.contentLength > bodyLimitBytes)
    return finding(false, `the body is longer than the ${bodyLimitBytes} bytes kept`);
  return finding(true, `up to ${plural(attempts, 'time')} within ${describeDuration(retry.deadlineMs)}`);
}

function plural(count: number, noun: string, several = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : several}`;
}
