import type { LoadCounts } from '../state/load-counts.ts';
import type { TargetCosts } from '../state/target-costs.ts';
import type { Outliers } from './outliers.ts';
import type { Target } from './target.ts';

export interface AttemptWatchInit {
  readonly upstreamSlot: number;
  /** Each is null where nobody asks for it. */
  readonly targetLoads: LoadCounts | null;
  readonly upstreamLoads: LoadCounts | null;
  readonly costs: TargetCosts | null;
  readonly outliers: Outliers | null;
}

/** What an upstream wants to know of each attempt, for the choice of targets to come. An upstream without wishes has none. */
export class AttemptWatch {
  readonly targetLoads: LoadCounts | null;
  readonly costs: TargetCosts | null;
  private readonly upstreamSlot: number;
  private readonly upstreamLoads: LoadCounts | null;
  private readonly outliers: Outliers | null;

  constructor({ upstreamSlot, targetLoads, upstreamLoads, costs, outliers }: AttemptWatchInit) {
    this.upstreamSlot = upstreamSlot;
    this.targetLoads = targetLoads;
    this.upstreamLoads = upstreamLoads;
    this.costs = costs;
    this.outliers = outliers;
  }

  /** A connection is asked for. Exactly one `onLeave` follows. */
  onBegin(target: Target): void {
    this.targetLoads?.add(target.slot);
    this.upstreamLoads?.add(this.upstreamSlot);
  }

  /** The answer is over, has failed, or is not wanted any more. */
  onLeave(target: Target): void {
    this.targetLoads?.takeOff(target.slot);
    this.upstreamLoads?.takeOff(this.upstreamSlot);
  }

  /** The head of an answer is there, so long after the last byte of the request. */
  onAnswer(target: Target, tookMicros: number, isFailure: boolean): void {
    if (isFailure) this.costs?.observeFailure(target.slot, tookMicros);
    else this.costs?.observe(target.slot, tookMicros);
  }

  /** There is no answer, so long after a connection was asked for. */
  onNoAnswer(target: Target, tookMicros: number): void {
    this.costs?.penalise(target.slot, tookMicros);
  }

  /** The answer was whole, and below 500. */
  onSuccess(target: Target): void {
    this.outliers?.onSuccess(target);
  }

  /** An answer of 500 or more, one that broke off, or none. */
  onFailure(target: Target): void {
    this.outliers?.onFailure(target);
  }
}
