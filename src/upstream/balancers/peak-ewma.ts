import type { LoadCounts } from '../../state/load-counts.ts';
import type { TargetCosts } from '../../state/target-costs.ts';
import type { Candidates } from '../candidates.ts';
import type { Target } from '../target.ts';
import type { Balancer, Foresight } from './balancer.ts';

/** For a target that has requests and no answer yet: dearer than any that has answered. */
const unansweredMicros = 1e12;

/**
 * Of two targets that are drawn the one where a request is likely to take less time: with the lower product of its
 * average time to an answer (see `state/target-costs.ts`) and the requests in flight, the one to come counted in, for
 * its weight. Two draws are nearly as good as a look at all (M. Mitzenmacher, "The power of two choices in randomized
 * load balancing", 1996), cost the same for any number of targets, and do not send everybody to the same one at once.
 */
export class PeakEwma implements Balancer {
  private readonly loads: LoadCounts;
  private readonly costs: TargetCosts;
  private readonly random: () => number;

  /** `random` is from 0 up to, but not including, 1. */
  constructor({ loads, costs, random }: { loads: LoadCounts; costs: TargetCosts; random: () => number }) {
    this.loads = loads;
    this.costs = costs;
    this.random = random;
  }

  choose(candidates: Candidates): Target {
    const count = candidates.targets.length;
    const draw = this.random() * count;
    const first = Math.floor(draw);
    // What is left of the draw is by chance as well.
    const step = 1 + Math.floor((draw - first) * (count - 1));
    const second = first + step < count ? first + step : first + step - count;
    // The first was drawn by chance: a tie may go to it.
    const isSecondBetter = this.scoreOf(candidates, second) < this.scoreOf(candidates, first);
    return candidates.target(isSecondBetter ? second : first);
  }

  private scoreOf(candidates: Candidates, index: number): number {
    const { slot } = candidates.target(index);
    const load = this.loads.of(slot);
    const cost = this.costs.of(slot);
    const micros = cost === 0 && load > 0 ? unansweredMicros : Math.max(1, cost);
    return (micros * (load + 1)) / (candidates.shares[index] ?? 1);
  }

  foresee(candidates: Candidates): Foresight {
    const { targets } = candidates;
    if (targets.length > 2) return { target: null, reason: 'by chance: the better of two that are drawn' };
    const [left = 0, right = 0] = targets.map((_, index) => this.scoreOf(candidates, index));
    if (left === right) return { target: null, reason: 'by chance: both are as good' };
    return { target: candidates.target(left < right ? 0 : 1), reason: 'a request likely takes less time there' };
  }
}
