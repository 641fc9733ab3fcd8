import type { AttemptWatch } from '../upstream/attempt-watch.ts';
import { refusedPermit, type Breaker, type Permit } from '../upstream/breaker.ts';
import type { Target } from '../upstream/target.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { WorkerContext } from './worker-context.ts';

/** What became of an attempt, as a circuit breaker sees it; `abandoned` counts neither way. */
export type Outcome = 'success' | 'failure' | 'abandoned';

/**
 * The books of the attempt under way: the permit that its circuit breaker gave, which goes back once whatever becomes of
 * the attempt, its place among the requests in flight to its target, which does too, and what is counted of it. The
 * gateway's own endpoints are nobody's upstream and are not counted.
 */
export class AttemptBooks {
  private readonly ctx: WorkerContext;
  private upstream: Upstream | null = null;
  private breaker: Breaker | null = null;
  private permit: Permit = refusedPermit;
  private begunAt = 0;
  /** When the last byte of the request was written; 0 before. */
  private sentAt = 0;
  /** What became of the attempt has been told: an answer with 500 may break off after that. */
  private settled = true;
  /** Null where nobody wants to know. */
  private watch: AttemptWatch | null = null;
  private target: Target | null = null;
  private answered = false;
  /** The target has the attempt among its requests in flight. */
  private inFlight = false;

  constructor(ctx: WorkerContext) {
    this.ctx = ctx;
  }

  /** Asks the breaker for one attempt at a target to pass. */
  enter(upstream: Upstream, target: Target): boolean {
    this.settled = false;
    this.upstream = upstream.internal ? null : upstream;
    this.watch = upstream.watch;
    this.target = target;
    this.breaker = upstream.breaker;
    if (this.breaker === null) return true;
    this.permit = this.breaker.allow();
    return this.permit !== refusedPermit;
  }

  /** A connection is asked for. `leave` follows. */
  begin(): void {
    if (this.upstream === null) return;
    this.begunAt = this.ctx.clock.now();
    this.ctx.counters.countBackendRequest(this.upstream.slot);
    if (this.watch === null || this.target === null) return;
    this.answered = false;
    this.sentAt = 0;
    this.inFlight = true;
    this.watch.onBegin(this.target);
  }

  /** The last byte of the request is written. */
  noteSent(): void {
    if (this.watch !== null) this.sentAt = this.ctx.clock.now();
  }

  /** The target has begun to answer. */
  noteAnswer(status: number): void {
    const { watch, target, sentAt } = this;
    if (watch !== null && target !== null) {
      this.answered = true;
      // An answer that did not wait for the request says nothing of how long the target takes.
      if (sentAt !== 0) watch.onAnswer(target, (this.ctx.clock.now() - sentAt) * 1000, status >= 500);
    }
    if (status >= 500) this.settle('failure');
  }

  /** The attempt is over; `timed`: because the target has answered or failed, so how long that took is kept. */
  leave(timed: boolean): void {
    if (timed && this.upstream !== null) {
      this.ctx.histograms.recordUpstream(this.upstream.slot, (this.ctx.clock.now() - this.begunAt) * 1000);
    }
    if (!this.inFlight || this.target === null) return;
    this.inFlight = false;
    this.watch?.onLeave(this.target);
  }

  settle(outcome: Outcome): void {
    if (this.settled) return;
    this.settled = true;
    if (outcome === 'failure' && this.upstream !== null) this.ctx.counters.countBackendError(this.upstream.slot);
    if (this.watch !== null && this.target !== null) this.tellWatch(this.watch, this.target, outcome);
    const { breaker, permit } = this;
    if (permit === refusedPermit || breaker === null) return;
    this.permit = refusedPermit;
    if (outcome === 'success') breaker.onSuccess(permit);
    else if (outcome === 'failure') breaker.onFailure(permit);
    else breaker.onAbandoned(permit);
  }

  private tellWatch(watch: AttemptWatch, target: Target, outcome: Outcome): void {
    if (outcome === 'success') return watch.onSuccess(target);
    if (outcome === 'abandoned') return;
    if (!this.answered) watch.onNoAnswer(target, (this.ctx.clock.now() - this.begunAt) * 1000);
    watch.onFailure(target);
  }

  countRetry(): void {
    if (this.upstream !== null) this.ctx.counters.countRetry(this.upstream.slot);
  }
}
