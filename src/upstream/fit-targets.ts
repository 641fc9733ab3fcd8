import { targetUnhealthy, type TargetStates } from '../state/target-states.ts';
import type { AttemptWatch } from './attempt-watch.ts';
import { Candidates } from './candidates.ts';
import type { Outliers } from './outliers.ts';
import type { Target } from './target.ts';
import { viewTarget, type TargetView } from './target-view.ts';

/** What a target begins with that starts slowly. */
const leastPart = 0.1;
/** In so many steps its part grows to the whole. */
const rampSteps = 100;

export interface FitTargetsInit {
  readonly targets: readonly Target[];
  /** Null where every target is always fit. */
  readonly states: TargetStates | null;
  /** Null where no target is left out for what it answers. */
  readonly outliers: Outliers | null;
  /** How long the part of a target grows that is back; 0 where it gets the whole at once. */
  readonly slowStartMs: number;
  /** A `SharedClock` of the state. */
  readonly clock: { nowMicros(): number };
}

/**
 * Which targets of an upstream get requests, as far as one worker remembers it: it looks anew when the shared memory says
 * that something has changed, and where time changes something, when it does. So a choice costs the same however many
 * targets there are.
 */
export class FitTargets {
  private readonly init: FitTargetsInit;
  private readonly candidates = new Candidates();
  /** For a request that was at some targets already. */
  private readonly others = new Candidates();
  private seenChanges = -1;
  private validUntilMs = Infinity;

  constructor(init: FitTargetsInit) {
    this.init = init;
    if (init.states === null) this.refresh();
  }

  /** Valid until the next call. */
  current(): Candidates {
    const { states } = this.init;
    if (states === null) return this.candidates;
    if (states.hasChangedSince(this.seenChanges) || (this.validUntilMs !== Infinity && this.isOutdated()))
      this.refresh();
    return this.candidates;
  }

  /** Those but for the ones that the request was at. Valid until the next call. */
  without(tried: readonly Target[]): Candidates {
    this.current();
    const { others } = this;
    others.clear();
    for (const target of this.candidates.targets) if (!tried.includes(target)) others.add(target, this.partOf(target));
    others.seal();
    return others;
  }

  /** Likewise, without changing anything that anybody else might notice. */
  look(): Candidates {
    const candidates = new Candidates();
    this.collect(candidates);
    return candidates;
  }

  /** What is known of a target; `candidates` are those of `look`. */
  view(target: Target, candidates: Candidates, watch: AttemptWatch | null): TargetView {
    const { states, outliers } = this.init;
    return viewTarget(target, candidates, {
      states,
      outliers,
      loads: watch?.targetLoads ?? null,
      costs: watch?.costs ?? null,
      partOf: (of) => this.partOf(of),
    });
  }

  /** What the target gets of its weight, from 0.1 to 1. */
  private partOf({ slot }: Target): number {
    const { states, slowStartMs } = this.init;
    if (slowStartMs === 0 || states === null) return 1;
    const forMs = states.backForMs(slot, slowStartMs);
    return forMs === null ? 1 : leastPart + (1 - leastPart) * (forMs / slowStartMs);
  }

  private isOutdated(): boolean {
    return this.nowMs() >= this.validUntilMs;
  }

  private refresh(): void {
    const { targets, states, outliers, slowStartMs } = this.init;
    // Before the first look at what may change.
    this.seenChanges = states?.changes() ?? 0;
    let changesInMs = Infinity;
    if (states !== null && outliers !== null) {
      for (const target of targets) {
        outliers.takeBack(target);
        const leftMs = outliers.leftOutForMs(target);
        if (leftMs > 0) changesInMs = Math.min(changesInMs, leftMs);
      }
    }
    if (states !== null && slowStartMs > 0) {
      for (const { slot } of targets) {
        if (states.backForMs(slot, slowStartMs) === null) states.forgetBack(slot);
        else changesInMs = Math.min(changesInMs, Math.max(1, slowStartMs / rampSteps));
      }
    }
    this.validUntilMs = changesInMs === Infinity ? Infinity : this.nowMs() + changesInMs;
    this.collect(this.candidates);
  }

  private collect(candidates: Candidates): void {
    const { targets, outliers } = this.init;
    candidates.clear();
    for (const target of targets) {
      if (!this.isUnhealthy(target) && (outliers === null || outliers.leftOutForMs(target) === 0)) {
        candidates.add(target, this.partOf(target));
      }
    }
    // One that fails now and then is better than none.
    if (candidates.targets.length === 0 && outliers !== null) {
      for (const target of targets) if (!this.isUnhealthy(target)) candidates.add(target, this.partOf(target));
    }
    candidates.seal();
  }

  private isUnhealthy({ slot }: Target): boolean {
    return this.init.states?.health(slot) === targetUnhealthy;
  }

  private nowMs(): number {
    return this.init.clock.nowMicros() / 1000;
  }
}
