import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/ports.ts';
import type { SlotAssignments } from '../core/worker-messages.ts';
import { readBreaker, resetBreaker } from '../state/breaker-state.ts';
import type { SharedState } from '../state/layout.ts';
import { SharedClock } from '../state/shared-clock.ts';
import type { BreakerAdministration, NamedBreaker } from './gateway-ports.ts';

interface SharedBreakersParts {
  readonly config: Config;
  readonly slots: SlotAssignments;
  readonly state: SharedState;
  readonly clock: Clock;
}

/** The circuit breakers as they are in the memory that all workers share. */
export class SharedBreakers implements BreakerAdministration {
  readonly #state: SharedState;
  readonly #clock: Clock;
  readonly #sharedClock: SharedClock;
  /** Upstream → slot. */
  readonly #slots: ReadonlyMap<string, number>;

  constructor({ config, slots, state, clock }: SharedBreakersParts) {
    this.#state = state;
    this.#clock = clock;
    this.#sharedClock = new SharedClock(state);
    this.#slots = new Map(
      Object.entries(config.upstreams).flatMap(([name, { breaker }]) => {
        const slot = slots.upstreams[name];
        return breaker === false || slot === undefined ? [] : [[name, slot] as const];
      }),
    );
  }

  list(): readonly NamedBreaker[] {
    return [...this.#slots].map(([name, slot]) => this.#read(name, slot));
  }

  reset(name: string): NamedBreaker | null {
    const slot = this.#slots.get(name);
    if (slot === undefined) return null;
    resetBreaker(this.#state, slot);
    return this.#read(name, slot);
  }

  #read(name: string, slot: number): NamedBreaker {
    const { state, failures, consecutiveSuccesses, lastFailureAtMs } = readBreaker(this.#state, slot);
    const agoMs = lastFailureAtMs === null ? 0 : this.#sharedClock.nowMicros() / 1_000 - lastFailureAtMs;
    const lastFailureMs = lastFailureAtMs === null ? null : Math.round(this.#clock.wallTime() - agoMs);
    return { name, state, failures, consecutiveSuccesses, lastFailureMs };
  }
}
