import type { Cursors } from '../../state/cursors.ts';
import type { Balanced, Balancer } from './balancer.ts';

/** Each target in its turn, in the order of the configuration, over all workers together. */
export class RoundRobin implements Balancer {
  private readonly cursors: Cursors;

  constructor(cursors: Cursors) {
    this.cursors = cursors;
  }

  pick(upstream: Balanced): number {
    const count = upstream.targets.length;
    return count === 1 ? 0 : this.cursors.next(upstream.slot, count);
  }
}
