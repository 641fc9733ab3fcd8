import { refusedPermit, type Breaker, type Permit } from '../upstream/breaker.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { WorkerContext } from './worker-context.ts';

/** What became of an attempt, as a circuit breaker sees it; `abandoned` counts neither way. */
export type Outcome = 'success' | 'failure' | 'abandoned';

/**
 * The books of the attempt under way: the permit that its circuit breaker gave, which goes back once whatever becomes of
 * the attempt, and what is counted of it. The gateway's own endpoints are nobody's upstream and are not counted.
 */
export class AttemptBooks {
  private readonly ctx: WorkerContext;
  private upstream: Upstream | null = null;
  private breaker: Breaker | null = null;
  private permit: Permit = refusedPermit;
  private begunAt = 0;
  /** What became of the attempt has been told: an answer with 500 may break off after that. */
  private settled = true;

  constructor(ctx: WorkerContext) {
    this.ctx = ctx;
  }

  /** Asks the breaker for one attempt to pass. */
  enter(upstream: Upstream): boolean {
    this.settled = false;
    this.upstream = upstream.internal ? null : upstream;
    this.breaker = upstream.breaker;
    if (this.breaker === null) return true;
    this.permit = this.breaker.allow();
    return this.permit !== refusedPermit;
  }

  /** A connection is asked for. */
  begin(): void {
    if (this.upstream === null) return;
    this.begunAt = this.ctx.clock.now();
    this.ctx.counters.countBackendRequest(this.upstream.slot);
  }

  /** The target has answered or failed: how long that took. */
  stopClock(): void {
    if (this.upstream === null) return;
    this.ctx.histograms.recordUpstream(this.upstream.slot, (this.ctx.clock.now() - this.begunAt) * 1000);
  }

  settle(outcome: Outcome): void {
    if (this.settled) return;
    this.settled = true;
    if (outcome === 'failure' && this.upstream !== null) this.ctx.counters.countBackendError(this.upstream.slot);
    const { breaker, permit } = this;
    if (permit === refusedPermit || breaker === null) return;
    this.permit = refusedPermit;
    if (outcome === 'success') breaker.onSuccess(permit);
    else if (outcome === 'failure') breaker.onFailure(permit);
    else breaker.onAbandoned(permit);
  }

  countRetry(): void {
    if (this.upstream !== null) this.ctx.counters.countRetry(this.upstream.slot);
  }
}
