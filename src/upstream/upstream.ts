import type { TemplateSource } from '../core/template.ts';
import { targetUnhealthy, type TargetStates } from '../state/target-states.ts';
import type { Balancer } from './balancers/balancer.ts';
import { spreadStep } from './balancers/spread.ts';
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
  /** Targets have different weights. */
  private readonly weighted: boolean;
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
    this.weighted = init.targets.some((target) => target.weight !== 1);
    this.balancer = init.balancer;
    this.states = init.states;
  }

  /** The target for the next attempt, or null where no healthy one is left that this request was not at already. */
  pick(_request: TemplateSource | null, tried: readonly Target[] | null): Target | null {
    const total = this.fitWeight(tried);
    if (total === 0) return null;
    // Counting among the fit ones gives each its share; passing over the others would give a neighbour theirs too.
    const turn = this.balancer.choose(this.slot, total);
    let left = this.weighted ? (turn * spreadStep(total)) % total : turn;
    let last: Target | null = null;
    for (const target of this.targets) {
      if (!this.isFit(target, tried)) continue;
      last = target;
      left -= target.weight;
      if (left < 0) return target;
    }
    // A target fell ill between the two looks.
    return last;
  }

  private fitWeight(tried: readonly Target[] | null): number {
    let weight = 0;
    for (const target of this.targets) if (this.isFit(target, tried)) weight += target.weight;
    return weight;
  }

  private isFit(target: Target, tried: readonly Target[] | null): boolean {
    if (tried !== null && tried.includes(target)) return false;
    return this.internal || this.states.health(target.slot) !== targetUnhealthy;
  }
}
