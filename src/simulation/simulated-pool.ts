import { Pool, type Acquisition, type PoolInit } from '../upstream/pool.ts';
import type { AttemptOwner } from '../upstream/upstream-connection.ts';
import type { SimulatedTarget } from './simulated-target.ts';

/** The gateway's own pool, with connections to a simulated target, that tells who made an attempt at it. */
export class SimulatedPool extends Pool {
  private readonly target: SimulatedTarget;
  private readonly onAttempt: (owner: AttemptOwner, target: SimulatedTarget) => void;

  constructor(
    init: PoolInit,
    target: SimulatedTarget,
    onAttempt: (owner: AttemptOwner, target: SimulatedTarget) => void,
  ) {
    super({ ...init, openSocket: () => target.open() });
    this.target = target;
    this.onAttempt = onAttempt;
  }

  override acquire(owner: AttemptOwner, repeatable: boolean): Acquisition {
    const acquired = super.acquire(owner, repeatable);
    if (acquired !== 'busy') this.onAttempt(owner, this.target);
    return acquired;
  }
}
