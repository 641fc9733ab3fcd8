import type { LoadCounts } from '../state/load-counts.ts';
import type { TargetCosts } from '../state/target-costs.ts';
import { targetHealthy, targetUnhealthy, type TargetStates } from '../state/target-states.ts';
import type { Candidates } from './candidates.ts';
import type { Outliers } from './outliers.ts';
import type { Target } from './target.ts';

/** One target of an upstream at one moment, for somebody who asks why it is chosen or not. */
export interface TargetView {
  readonly target: Target;
  /** What its health checks say; `unknown` before the first, and where there are none. */
  readonly health: 'healthy' | 'unhealthy' | 'unknown';
  /** For how many milliseconds it still gets no requests because it failed some; 0 where it gets them. */
  readonly ejectedForMs: number;
  /** Requests that failed in a row; null where nobody counts them. */
  readonly failuresInARow: number | null;
  /** Requests in flight, over all workers; null where nobody counts them. */
  readonly load: number | null;
  /** The average time to an answer; null where nobody measures it, or before the first. */
  readonly costMs: number | null;
  readonly weight: number;
  /** What it gets of its weight while it starts slowly; otherwise 1. */
  readonly part: number;
  /** Whether it may be chosen. */
  readonly fit: boolean;
  /** Why, in a few words. */
  readonly reason: string;
}

/** Which target a request would go to, and what is known of each. */
export interface TargetForecast {
  /** Null where there is none, or where it is left to chance. */
  readonly next: Target | null;
  readonly reason: string;
  readonly targets: readonly TargetView[];
}

/** Where a view comes from. */
export interface ViewSources {
  readonly states: TargetStates | null;
  readonly outliers: Outliers | null;
  readonly loads: LoadCounts | null;
  readonly costs: TargetCosts | null;
  readonly partOf: (target: Target) => number;
}

/** `candidates` are the targets of which one will be chosen. */
export function viewTarget(target: Target, candidates: Candidates, sources: ViewSources): TargetView {
  const { states, outliers, loads, costs } = sources;
  const code = states?.health(target.slot);
  const health = code === targetHealthy ? 'healthy' : code === targetUnhealthy ? 'unhealthy' : 'unknown';
  const failing = outliers?.read(target) ?? null;
  const costMicros = costs?.of(target.slot) ?? 0;
  const common = {
    target,
    health,
    ejectedForMs: failing?.leftOutForMs ?? 0,
    failuresInARow: failing?.failuresInARow ?? null,
    load: loads?.of(target.slot) ?? null,
    costMs: costMicros === 0 ? null : costMicros / 1000,
    weight: target.weight,
    part: sources.partOf(target),
    fit: candidates.has(target),
  } as const;
  return { ...common, reason: reasonFor(common) };
}

function reasonFor({ health, ejectedForMs, part, fit }: Omit<TargetView, 'reason'>): string {
  if (health === 'unhealthy') return 'its health checks fail';
  if (ejectedForMs > 0) {
    const left = `for ${Math.ceil(ejectedForMs / 1000)} s more`;
    return fit ? `it failed requests, but so did all that are healthy` : `it failed requests and is left out ${left}`;
  }
  if (part < 1) return `it starts slowly: it gets ${Math.round(part * 100)} % of its weight`;
  return health === 'healthy' ? 'it is healthy' : 'nothing is known against it';
}
