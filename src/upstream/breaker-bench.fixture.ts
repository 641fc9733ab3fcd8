import assert from 'node:assert/strict';
import { readBreaker, type BreakerReading } from '../state/breaker-state.ts';
import { createSharedState } from '../state/layout.ts';
import { Breaker, refusedPermit, type BreakerOptions, type Permit } from './breaker.ts';

const shape = { workers: 2, routes: 1, upstreams: 2, targets: 1, series: 1, buckets: 8 };
export const benchOptions: BreakerOptions = {
  maxFailures: 3,
  resetTimeoutMs: 30_000,
  halfOpenRequests: 2,
  successThreshold: 2,
};

/** Two workers at one upstream, on a clock that stands still. */
export class BreakerBench {
  readonly state = createSharedState(shape);
  nowMs = 1000;
  readonly #clock = { nowMicros: () => this.nowMs * 1000 };
  readonly first = this.create(0);
  readonly second = this.create(1);

  create(workerIndex: number, changed: Partial<BreakerOptions> = {}): Breaker {
    return new Breaker({
      state: this.state,
      workerIndex,
      upstreamSlot: 1,
      options: { ...benchOptions, ...changed },
      clock: this.#clock,
    });
  }

  get reading(): BreakerReading {
    return readBreaker(this.state, 1);
  }

  fail(times: number): void {
    for (let failure = 0; failure < times; failure += 1) this.first.onFailure(pass(this.first));
  }

  open(): void {
    this.fail(benchOptions.maxFailures);
    assert.equal(this.reading.state, 'open');
  }

  /** Open, and its time has passed: the next who asks makes it half-open. */
  openUntilDue(): void {
    this.open();
    this.nowMs += benchOptions.resetTimeoutMs;
  }
}

export function pass(breaker: Breaker): Permit {
  const permit = breaker.allow();
  assert.notEqual(permit, refusedPermit);
  return permit;
}

export function refuse(breaker: Breaker): void {
  assert.equal(breaker.allow(), refusedPermit);
}
