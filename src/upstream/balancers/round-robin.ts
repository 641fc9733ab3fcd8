import type { Cursors } from '../../state/cursors.ts';
import type { Balancer } from './balancer.ts';

/** Each fit target in its turn, in the order of the configuration, over all workers together. */
export class RoundRobin implements Balancer {
  private readonly cursors: Cursors;

  constructor(cursors: Cursors) {
    this.cursors = cursors;
  }

  choose(upstreamSlot: number, count: number): number {
    return count === 1 ? 0 : this.cursors.next(upstreamSlot, count);
  }
}
