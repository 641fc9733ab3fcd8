import type { Cursors } from '../../state/cursors.ts';
import type { Candidates } from '../candidates.ts';
import type { Target } from '../target.ts';
import type { Balancer, Foresight } from './balancer.ts';

/**
 * Each target in its turn, over all workers together: in the order of the configuration where all have the same weight,
 * otherwise as often as their weights say, with the turns of a heavy one spread over the rotation.
 */
export class RoundRobin implements Balancer {
  private readonly cursors: Cursors;
  private readonly upstreamSlot: number;

  constructor(cursors: Cursors, upstreamSlot: number) {
    this.cursors = cursors;
    this.upstreamSlot = upstreamSlot;
  }

  choose(candidates: Candidates): Target {
    return whoseTurn(candidates, this.cursors.next(this.upstreamSlot, candidates.total));
  }

  foresee(candidates: Candidates): Foresight {
    const turn = this.cursors.peek(this.upstreamSlot, candidates.total);
    return { target: whoseTurn(candidates, turn), reason: `turn ${turn + 1} of ${candidates.total}` };
  }
}

// Counting among the fit ones gives each its share; passing over the others would give a neighbour theirs too.
function whoseTurn(candidates: Candidates, turn: number): Target {
  return candidates.at(candidates.step === 1 ? turn : (turn * candidates.step) % candidates.total);
}
