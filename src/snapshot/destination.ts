import type { Reply } from '../core/reply.ts';
import type { TemplateSource } from '../core/template.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** What becomes of the requests of a route: exactly one of the three is not null. */
export interface Destination {
  readonly upstream: Upstream | null;
  readonly split: Split | null;
  readonly answer: RouteAnswer | null;
}

/** A destination that is one upstream. */
export type UpstreamDestination = Destination & { readonly upstream: Upstream };

export function toUpstream(upstream: Upstream): UpstreamDestination {
  return { upstream, split: null, answer: null };
}

/** An answer of the gateway's own: a redirect or a fixed text. */
export interface RouteAnswer {
  reply(source: TemplateSource): Reply;
}

/** One part of the traffic of a route. */
export interface Share {
  readonly upstream: Upstream;
  /** A whole number from 0. */
  readonly weight: number;
}

/** Divides the traffic of a route among upstreams by weight, by chance for each request. */
export class Split {
  readonly shares: readonly Share[];
  private readonly total: number;
  private readonly random: () => number;

  /** `random` is from 0 up to, but not including, 1. At least one weight is not 0. */
  constructor(shares: readonly Share[], random: () => number = Math.random) {
    this.shares = shares;
    this.total = shares.reduce((sum, { weight }) => sum + weight, 0);
    this.random = random;
  }

  choose(): Upstream | null {
    let left = this.random() * this.total;
    let last: Upstream | null = null;
    for (const { upstream, weight } of this.shares) {
      if (weight === 0) continue;
      last = upstream;
      left -= weight;
      if (left < 0) return upstream;
    }
    return last;
  }
}
