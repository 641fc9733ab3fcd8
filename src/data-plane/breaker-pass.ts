import { refusedPermit, type Breaker, type Permit } from '../upstream/breaker.ts';

/** What became of an attempt, as a circuit breaker sees it; `abandoned` counts neither way. */
export type Outcome = 'success' | 'failure' | 'abandoned';

/** The permit of the attempt under way: whatever becomes of the attempt, it is given back once. */
export class BreakerPass {
  private permit: Permit = refusedPermit;
  private breaker: Breaker | null = null;

  /** Asks for one attempt to pass. */
  enter(breaker: Breaker | null): boolean {
    this.breaker = breaker;
    if (breaker === null) return true;
    this.permit = breaker.allow();
    return this.permit !== refusedPermit;
  }

  leave(outcome: Outcome): void {
    const { breaker, permit } = this;
    if (permit === refusedPermit || breaker === null) return;
    this.permit = refusedPermit;
    if (outcome === 'success') breaker.onSuccess(permit);
    else if (outcome === 'failure') breaker.onFailure(permit);
    else breaker.onAbandoned(permit);
  }
}
