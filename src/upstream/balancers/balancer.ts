/** Chooses one of several that are equally fit. */
export interface Balancer {
  /** A number from 0 up to `count`, which is at least 1. */
  choose(upstreamSlot: number, count: number): number;
}
