import type { TemplateSource } from '../../core/template.ts';
import type { Candidates } from '../candidates.ts';
import type { Target } from '../target.ts';

/** Which target the next request would get, if nothing changes before. */
export interface Foresight {
  /** Null where it is left to chance. */
  readonly target: Target | null;
  /** In a few words. */
  readonly reason: string;
}

/** Chooses one of several targets that are fit. Which those are is not its business. */
export interface Balancer {
  /** `candidates` has at least two targets; `request` is null where nothing is known of it. */
  choose(candidates: Candidates, request: TemplateSource | null): Target;
  /** What `choose` would answer; changes nothing that anybody shares. */
  foresee(candidates: Candidates, request: TemplateSource | null): Foresight;
}
