import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/ports.ts';
import type { SlotAssignments } from '../core/worker-messages.ts';
import { readBreaker, resetBreaker } from '../state/breaker-state.ts';
import type { SharedState } from '../state/layout.ts';
import { SharedClock } from '../state/shared-clock.ts';
import type { BreakerAdministration, NamedBreaker } from './gateway-ports.ts';

interface SharedBreakersParts {
  /** What is served now. */
  readonly program: () => { readonly config: Config; readonly slots: SlotAssignments };
  readonly state: SharedState;
  readonly clock: Clock;
}

/** The circuit breakers as they are in the memory that all workers share. */
export class SharedBreakers implements BreakerAdministration {
  readonly #state: SharedState;
  readonly #clock: Clock;
  readonly #sharedClock: SharedClock;
  readonly #program: SharedBreakersParts['program'];

  constructor({ program, state, clock }: SharedBreakersParts) {
    this.#program = program;
    this.#state = state;
    this.#clock = clock;
    this.#sharedClock = new SharedClock(state);
  }

  list(): readonly NamedBreaker[] {
    return Object.keys(this.#program().config.upstreams).flatMap((name) => {
      const slot = this.#slotOf(name);
      return slot === undefined ? [] : [this.#read(name, slot)];
    });
  }

  reset(name: string): NamedBreaker | null {
    const slot = this.#slotOf(name);
    if (slot === undefined) return null;
    resetBreaker(this.#state, slot);
    return this.#read(name, slot);
  }

  /** Undefined where there is no such upstream, or it has no breaker. */
  #slotOf(name: string): number | undefined {
    const { config, slots } = this.#program();
    if (!Object.hasOwn(config.upstreams, name) || config.upstreams[name]?.breaker === false) return undefined;
    return slots.upstreams[name];
  }

  #read(name: string, slot: number): NamedBreaker {
    const { state, failures, consecutiveSuccesses, lastFailureAtMs } = readBreaker(this.#state, slot);
    const agoMs = lastFailureAtMs === null ? 0 : this.#sharedClock.nowMicros() / 1_000 - lastFailureAtMs;
    const lastFailureMs = lastFailureAtMs === null ? null : Math.round(this.#clock.wallTime() - agoMs);
    return { name, state, failures, consecutiveSuccesses, lastFailureMs };
  }
}
