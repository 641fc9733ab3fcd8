import { targetUnhealthy, type TargetStates } from '../state/target-states.ts';
import type { Balancer } from './balancers/balancer.ts';
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

/** A group of targets that serve the same thing. */
export class Upstream {
  readonly name: string;
  readonly slot: number;
  readonly targets: readonly Target[];
  readonly timeouts: UpstreamTimeouts;
  /** The gateway's own endpoints: not a service of the user's, so the answer does not name a backend. */
  readonly internal: boolean;
  private readonly balancer: Balancer;
  private readonly states: TargetStates;

  constructor(init: {
    name: string;
    slot: number;
    targets: readonly Target[];
    timeouts: UpstreamTimeouts;
    internal: boolean;
    balancer: Balancer;
    states: TargetStates;
  }) {
    this.name = init.name;
    this.slot = init.slot;
    this.targets = init.targets;
    this.timeouts = init.timeouts;
    this.internal = init.internal;
    this.balancer = init.balancer;
    this.states = init.states;
  }

  /** The target for the next attempt, or null where no healthy one is left that this request was not at already. */
  pick(tried: readonly Target[] | null): Target | null {
    const count = this.targets.length;
    const start = this.balancer.pick(this);
    for (let step = 0; step < count; step++) {
      const target = this.targets[start + step < count ? start + step : start + step - count];
      if (target === undefined || (tried !== null && tried.includes(target))) continue;
      if (this.internal || this.states.health(target.slot) !== targetUnhealthy) return target;
    }
    return null;
  }
}
