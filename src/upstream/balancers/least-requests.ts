import type { LoadCounts } from '../../state/load-counts.ts';
import type { Candidates } from '../candidates.ts';
import type { Target } from '../target.ts';
import type { Balancer, Foresight } from './balancer.ts';

/** Of more targets, this many that stand together are looked at, from one that is drawn. */
const mostLookedAt = 32;

/**
 * The target with the fewest requests in flight for its weight, over all workers together, with the one to come counted
 * in: so the heavier of two that are idle goes first. Ties are broken by chance.
 */
export class LeastRequests implements Balancer {
  private readonly loads: LoadCounts;
  private readonly random: () => number;

  /** `random` is from 0 up to, but not including, 1. */
  constructor(loads: LoadCounts, random: () => number) {
    this.loads = loads;
    this.random = random;
  }

  choose(candidates: Candidates): Target {
    const count = candidates.targets.length;
    if (count <= mostLookedAt) return this.leastOf(candidates, 0, count);
    return this.leastOf(candidates, Math.floor(this.random() * count), mostLookedAt);
  }

  private leastOf(candidates: Candidates, first: number, looks: number): Target {
    const { targets } = candidates;
    let best = first;
    let bestScore = Infinity;
    let ties = 1;
    let draw = 0;
    for (let look = 0; look < looks; look += 1) {
      const index = first + look < targets.length ? first + look : first + look - targets.length;
      const score = this.scoreOf(candidates, index);
      if (score > bestScore) continue;
      // Each of the ties so far is kept with the same probability (Vitter's reservoir of one).
      ties = score < bestScore ? 1 : ties + 1;
      draw = draw === 0 ? this.firstDraw() : nextDraw(draw);
      if ((draw >>> 8) % ties === 0) best = index;
      bestScore = score;
    }
    return candidates.target(best);
  }

  private firstDraw(): number {
    return (this.random() * 2 ** 32) | 1;
  }

  private scoreOf(candidates: Candidates, index: number): number {
    const target = candidates.targets[index];
    if (target === undefined) return Infinity;
    return (this.loads.of(target.slot) + 1) / (candidates.shares[index] ?? 1);
  }

  foresee(candidates: Candidates): Foresight {
    const { targets } = candidates;
    if (targets.length > mostLookedAt) {
      return { target: null, reason: `the least busy of ${mostLookedAt} that are drawn` };
    }
    const scores = targets.map((_, index) => this.scoreOf(candidates, index));
    const least = targets.filter((_, index) => scores[index] === Math.min(...scores));
    if (least.length > 1) return { target: null, reason: `by chance: ${least.length} are the least busy` };
    return { target: least[0] ?? null, reason: 'it has the fewest requests in flight for its weight' };
  }
}

/** Marsaglia's xorshift of 32 bits: enough to break ties, and no number on the heap for each of them. */
function nextDraw(draw: number): number {
  const first = draw ^ (draw << 13);
  const second = first ^ (first >>> 17);
  return second ^ (second << 5);
}
