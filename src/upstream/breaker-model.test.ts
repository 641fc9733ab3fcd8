import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readBreaker, releaseBreakerSlots, resetBreaker, type BreakerReading } from '../state/breaker-state.ts';
import { createSharedState } from '../state/layout.ts';
import { Breaker, refusedPermit, type BreakerOptions, type Permit } from './breaker.ts';

const workers = 2;

/** What the breaker should be, told with plain objects for one thread. */
class Model {
  state: 'closed' | 'open' | 'half-open' = 'closed';
  /** Outcomes of an earlier one do not count. */
  period = 0;
  failures = 0;
  successes = 0;
  run = 0;
  openedAtMs = 0;
  lastFailureAtMs: number | null = null;
  trips = 0;
  readonly options: BreakerOptions;

  constructor(options: BreakerOptions) {
    this.options = options;
  }

  change(state: Model['state']): void {
    this.state = state;
    this.period += 1;
    this.failures = 0;
    this.successes = 0;
  }

  allow(nowMs: number, slotsTaken: number): boolean {
    if (this.state === 'open' && nowMs >= this.openedAtMs + this.options.resetTimeoutMs) this.change('half-open');
    return this.state === 'closed' || (this.state === 'half-open' && slotsTaken < this.options.halfOpenRequests);
  }

  succeed(): void {
    this.run += 1;
    if (this.state === 'closed') this.failures = 0;
    else this.successes += 1;
    if (this.state === 'half-open' && this.successes >= this.options.successThreshold) this.change('closed');
  }

  fail(nowMs: number): void {
    this.run = 0;
    this.lastFailureAtMs = nowMs;
    this.failures += 1;
    if (this.state === 'closed' && this.failures < this.options.maxFailures) return;
    const { failures } = this;
    this.change('open');
    this.failures = failures;
    this.openedAtMs = nowMs;
    this.trips += 1;
  }

  reset(): void {
    this.change('closed');
    this.run = 0;
  }

  get reading(): BreakerReading {
    const { state, failures, lastFailureAtMs, trips } = this;
    const consecutiveSuccesses = { closed: this.run, open: 0, 'half-open': this.successes }[state];
    return { state, failures, consecutiveSuccesses, lastFailureAtMs, trips };
  }
}

interface UnderWay {
  readonly permit: Permit;
  readonly worker: number;
  readonly period: number;
  readonly holdsSlot: boolean;
}

type Step =
  | { readonly kind: 'ask'; readonly worker: number }
  | { readonly kind: 'settle'; readonly which: number; readonly outcome: 'success' | 'failure' | 'abandoned' }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'die'; readonly worker: number }
  | { readonly kind: 'reset' };

const worker = fc.nat({ max: workers - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('ask'), worker }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('settle'),
      which: fc.nat({ max: 9 }),
      outcome: fc.constantFrom('success', 'failure', 'abandoned'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance'), ms: fc.constantFrom(1, 9, 10, 25) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die'), worker }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset') }) },
);
const options: fc.Arbitrary<BreakerOptions> = fc.record({
  maxFailures: fc.integer({ min: 1, max: 3 }),
  resetTimeoutMs: fc.constantFrom(0, 10),
  halfOpenRequests: fc.integer({ min: 1, max: 3 }),
  successThreshold: fc.integer({ min: 1, max: 3 }),
});

/** The breaker and its model, side by side. */
class Pair {
  readonly #state = createSharedState({ workers, routes: 1, upstreams: 1, targets: 1, series: 1, buckets: 8 });
  readonly #model: Model;
  readonly #breakers: readonly Breaker[];
  #underWay: UnderWay[] = [];
  #nowMs = 1;

  constructor(chosen: BreakerOptions) {
    const clock = { nowMicros: () => this.#nowMs * 1000 };
    this.#model = new Model(chosen);
    this.#breakers = Array.from(
      { length: workers },
      (_, workerIndex) => new Breaker({ state: this.#state, workerIndex, upstreamSlot: 0, options: chosen, clock }),
    );
  }

  take(next: Step): void {
    if (next.kind === 'ask') this.#ask(next.worker);
    if (next.kind === 'settle') this.#settle(next.which, next.outcome);
    if (next.kind === 'advance') this.#nowMs += next.ms;
    if (next.kind === 'die') {
      releaseBreakerSlots(this.#state, next.worker);
      this.#underWay = this.#underWay.filter((it) => it.worker !== next.worker);
    }
    if (next.kind === 'reset') {
      resetBreaker(this.#state, 0);
      this.#model.reset();
    }
    assert.deepEqual(readBreaker(this.#state, 0), this.#model.reading);
  }

  #ask(asking: number): void {
    const slotsTaken = this.#underWay.filter((it) => it.holdsSlot).length;
    const expected = this.#model.allow(this.#nowMs, slotsTaken);
    const permit = this.#breakers[asking]?.allow() ?? NaN;
    assert.equal(permit !== refusedPermit, expected);
    if (!expected) return;
    const holdsSlot = this.#model.state === 'half-open';
    this.#underWay.push({ permit, worker: asking, period: this.#model.period, holdsSlot });
  }

  #settle(which: number, outcome: 'success' | 'failure' | 'abandoned'): void {
    const [settled] = this.#underWay.splice(which, 1);
    if (settled === undefined) return;
    const breaker = this.#breakers[settled.worker];
    const counts = settled.period === this.#model.period;
    if (outcome === 'success') {
      breaker?.onSuccess(settled.permit);
      if (counts) this.#model.succeed();
    } else if (outcome === 'failure') {
      breaker?.onFailure(settled.permit);
      if (counts) this.#model.fail(this.#nowMs);
    } else {
      breaker?.onAbandoned(settled.permit);
    }
  }
}

// Without a size, fast-check keeps to about ten steps, and an outcome that comes late needs more.
test('whatever is asked and answered in whatever order, the breaker does as its model', () => {
  fc.assert(
    fc.property(options, fc.array(step, { maxLength: 120, size: 'max' }), (chosen, steps) => {
      const pair = new Pair(chosen);
      for (const next of steps) pair.take(next);
    }),
    { numRuns: 1000 },
  );
});
