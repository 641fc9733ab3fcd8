import type { TemplateSource } from '../core/template.ts';
import type { AttemptWatch } from './attempt-watch.ts';
import type { Balancer } from './balancers/balancer.ts';
import type { Breaker } from './breaker.ts';
import type { FitTargets } from './fit-targets.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RetryOptions } from './retry.ts';
import type { Target } from './target.ts';
import type { TargetForecast } from './target-view.ts';

export interface UpstreamTimeouts {
  readonly connectMs: number;
  /** From the last byte of the request to the head of the answer. */
  readonly responseMs: number;
  /** Between two pieces of a body. */
  readonly idleMs: number;
  /** For a connection of a pool that is used to its limit. */
  readonly waitMs: number;
}

/** How requests that failed are sent again. */
export interface RetryRules {
  readonly options: RetryOptions;
  /** No retry begins later than this after its request did. */
  readonly deadlineMs: number;
  readonly budget: RetryBudget;
}

/** A group of targets that serve the same thing. */
export class Upstream {
  readonly name: string;
  readonly slot: number;
  readonly targets: readonly Target[];
  readonly timeouts: UpstreamTimeouts;
  /** The gateway's own endpoints: not a service of the user's, so the answer does not name a backend. */
  readonly internal: boolean;
  /** Null where it is switched off. */
  readonly breaker: Breaker | null;
  readonly retry: RetryRules | null;
  /** Null where the choice of targets depends on nothing that happens to requests. */
  readonly watch: AttemptWatch | null;
  private readonly balancer: Balancer;
  private readonly fit: FitTargets;

  constructor(init: {
    name: string;
    slot: number;
    targets: readonly Target[];
    timeouts: UpstreamTimeouts;
    internal: boolean;
    breaker: Breaker | null;
    retry: RetryRules | null;
    watch: AttemptWatch | null;
    balancer: Balancer;
    fit: FitTargets;
  }) {
    this.name = init.name;
    this.slot = init.slot;
    this.targets = init.targets;
    this.timeouts = init.timeouts;
    this.internal = init.internal;
    this.breaker = init.breaker;
    this.retry = init.retry;
    this.watch = init.watch;
    this.balancer = init.balancer;
    this.fit = init.fit;
  }

  /** The target for the next attempt, or null where no healthy one is left that this request was not at already. */
  pick(request: TemplateSource | null, tried: readonly Target[] | null): Target | null {
    const candidates = tried === null ? this.fit.current() : this.fit.without(tried);
    const { length } = candidates.targets;
    if (length > 1) return this.balancer.choose(candidates, request);
    return length === 0 ? null : candidates.target(0);
  }

  /** What `pick` would answer for a request that was nowhere yet, and why. Nothing changes by it. */
  explain(request: TemplateSource | null): TargetForecast {
    const candidates = this.fit.look();
    const targets = this.targets.map((target) => this.fit.view(target, candidates, this.watch));
    const [only, ...others] = candidates.targets;
    if (only === undefined) return { next: null, reason: 'no target is fit', targets };
    if (others.length === 0) return { next: only, reason: 'no other target is fit', targets };
    const { target, reason } = this.balancer.foresee(candidates, request);
    return { next: target, reason, targets };
  }
}
