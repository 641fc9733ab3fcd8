import type { KeyedHash } from '../../lib/hash.ts';

/** A target on the ring. */
export interface RingMember {
  /** What stays the same as long as it is the same target. */
  readonly name: string;
  /** A whole number from 1. */
  readonly weight: number;
}

/** Points for each unit of weight: most shares are then within a tenth of what the weights say. */
const usualPointsPerWeight = 256;
/** Beyond this, weights get fewer points. */
const mostPoints = 262_144;
/** Points are sorted as one number each: the place on the ring, and below it the member. */
const memberRoom = 2 ** 20;

/**
 * A ring of 2^32 places on which each member has points, and each key goes to the next point after its own place (Karger
 * et al., "Consistent hashing and random trees", 1997). The points of a member depend on nothing but its name and its
 * weight, so when one is gone only its own keys move, and they spread over all others.
 */
export class HashRing {
  private readonly places: Uint32Array;
  private readonly members: Uint32Array;

  /** `hash` decides where the points are; the same one has to hash the keys. */
  constructor(members: readonly RingMember[], hash: KeyedHash) {
    const weight = members.reduce((sum, member) => sum + member.weight, 0);
    const pointsPerWeight = Math.max(1, Math.min(usualPointsPerWeight, Math.floor(mostPoints / weight)));
    const points = new Float64Array(weight * pointsPerWeight);
    let next = 0;
    for (const [index, member] of members.entries()) {
      for (let point = 0; point < member.weight * pointsPerWeight; point += 1) {
        hash.hash(`${member.name} ${point}`);
        points[next] = (hash.low >>> 0) * memberRoom + index;
        next += 1;
      }
    }
    points.sort();
    this.places = Uint32Array.from(points, (point) => Math.floor(point / memberRoom));
    this.members = Uint32Array.from(points, (point) => point % memberRoom);
  }

  get size(): number {
    return this.places.length;
  }

  /** The number of the first point at or after a place, which is of 32 bits. */
  find(place: number): number {
    const { places } = this;
    const wanted = place >>> 0;
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((places[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low === places.length ? 0 : low;
  }

  /** The index of the member that a point is of. */
  memberAt(point: number): number {
    return this.members[point] ?? 0;
  }
}
