import type { BreakerFinding, RetryFinding, TargetFinding, UpstreamFinding } from '../core/explanation.ts';
import type { RequestHead } from '../core/request-head.ts';
import type { SharedState } from '../state/layout.ts';
import { targetHealthy, targetUnhealthy, TargetStates } from '../state/target-states.ts';
import type { BreakerLook } from '../upstream/breaker-look.ts';
import { mayRepeat } from '../upstream/retry.ts';
import type { Target } from '../upstream/target.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { describeDuration } from './describe-duration.ts';
import type { ExplainedRequest } from './explained-request.ts';

/** What is said of an upstream, and the target that shows what would be sent on; null where none is fit. */
export interface ExplainedUpstream {
  readonly finding: UpstreamFinding;
  readonly shown: Target | null;
  readonly refusal: 'no_healthy_target' | 'circuit_open' | null;
  /** Of the refusal. */
  readonly retryAfterMs: number;
}

/** Which targets of an upstream there are for a request, and whether it would get one now. */
export function explainUpstream(
  upstream: Upstream,
  share: number,
  { request, state }: { request: ExplainedRequest; state: SharedState },
): ExplainedUpstream {
  const states = new TargetStates(state);
  const fit = upstream.targets.filter(({ slot }) => upstream.internal || states.health(slot) !== targetUnhealthy);
  const only = fit.length === 1 ? fit[0] : undefined;
  const look = upstream.breaker?.look() ?? null;
  const { connectMs, responseMs, idleMs, waitMs } = upstream.timeouts;
  return {
    finding: {
      upstream: upstream.name,
      share,
      targets: upstream.targets.map((target) => describeTarget(target, { states, fit, only })),
      breaker: look === null ? null : describeBreaker(look),
      retry: describeRetry(upstream, request.head),
      timeouts: { connect_ms: connectMs, response_ms: responseMs, idle_ms: idleMs, wait_ms: waitMs },
    },
    shown: fit[0] ?? null,
    refusal: fit.length === 0 ? 'no_healthy_target' : look?.passes === false ? 'circuit_open' : null,
    retryAfterMs: look?.retryAfterMs ?? 0,
  };
}

function describeTarget(
  target: Target,
  { states, fit, only }: { states: TargetStates; fit: readonly Target[]; only: Target | undefined },
): TargetFinding {
  const health = states.health(target.slot);
  const isFit = fit.includes(target);
  const chosen = target === only;
  return {
    url: target.url,
    weight: target.weight,
    health: health === targetHealthy ? 'healthy' : health === targetUnhealthy ? 'unhealthy' : 'unknown',
    in_flight: 0,
    fit: isFit,
    chosen,
    reason: !isFit ? 'it fails its health checks' : chosen ? 'the only one that is fit' : 'fit',
  };
}

function describeBreaker({ state, passes, count, retryAfterMs, underWay }: BreakerLook): BreakerFinding {
  return { state, passes, reason: breakerReason({ state, passes, count, retryAfterMs, underWay }) };
}

function breakerReason({ state, passes, count, retryAfterMs, underWay }: BreakerLook): string {
  if (state === 'closed') return count === 0 ? 'no failure was the last' : `${plural(count, 'failure')} in a row`;
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
