import type { Candidates } from '../candidates.ts';
import type { Target } from '../target.ts';
import type { Balancer, Foresight } from './balancer.ts';

/** One by chance, by weight, each time anew; with many workers and nodes it needs no memory that they share. */
export class RandomChoice implements Balancer {
  private readonly random: () => number;

  /** `random` is from 0 up to, but not including, 1. */
  constructor(random: () => number = Math.random) {
    this.random = random;
  }

  choose(candidates: Candidates): Target {
    return candidates.at(Math.floor(this.random() * candidates.total));
  }

  foresee(): Foresight {
    return { target: null, reason: 'by chance, by weight' };
  }
}
