import type { Balancer } from './balancer.ts';

/** One by chance, each time anew; with many workers and nodes it needs no memory that they share. */
export class RandomChoice implements Balancer {
  private readonly random: () => number;

  /** `random` is from 0 up to, but not including, 1. */
  constructor(random: () => number = Math.random) {
    this.random = random;
  }

  choose(_upstreamSlot: number, count: number): number {
    return Math.floor(this.random() * count);
  }
}
