import { targetUnhealthy, type TargetStates } from '../state/target-states.ts';
import type { Balancer } from './balancers/balancer.ts';
import type { Breaker } from './breaker.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RetryOptions } from './retry.ts';
import type { Target } from './target.ts';

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
  private readonly balancer: Balancer;
  private readonly states: TargetStates;

  constructor(init: {
    name: string;
    slot: number;
    targets: readonly Target[];
    timeouts: UpstreamTimeouts;
    internal: boolean;
    breaker: Breaker | null;
    retry: RetryRules | null;
    balancer: Balancer;
    states: TargetStates;
  }) {
    this.name = init.name;
    this.slot = init.slot;
    this.targets = init.targets;
    this.timeouts = init.timeouts;
    this.internal = init.internal;
    this.breaker = init.breaker;
    this.retry = init.retry;
    this.balancer = init.balancer;
    this.states = init.states;
  }

  /** The target for the next attempt, or null where no healthy one is left that this request was not at already. */
  pick(tried: readonly Target[] | null): Target | null {
    const fit = this.countFit(tried);
    if (fit === 0) return null;
    // Counting among the fit ones gives each the same share; passing over the others would give a neighbour two.
    let left = this.balancer.choose(this.slot, fit);
    let last: Target | null = null;
    for (const target of this.targets) {
      if (!this.isFit(target, tried)) continue;
      last = target;
      if (left-- === 0) return target;
    }
    // A target fell ill between the two looks.
    return last;
  }

  private countFit(tried: readonly Target[] | null): number {
    let count = 0;
    for (const target of this.targets) if (this.isFit(target, tried)) count++;
    return count;
  }

  private isFit(target: Target, tried: readonly Target[] | null): boolean {
    if (tried !== null && tried.includes(target)) return false;
    return this.internal || this.states.health(target.slot) !== targetUnhealthy;
  }
}
