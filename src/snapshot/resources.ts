import { Addresses, isAddress } from '../upstream/addresses.ts';
import { Breaker, type BreakerOptions } from '../upstream/breaker.ts';
import { RetryBudget, type RetryBudgetOptions } from '../upstream/retry-budget.ts';
import { Pool, type PoolContext, type PoolOptions } from '../upstream/pool.ts';
import { RandomChoice } from '../upstream/balancers/random.ts';
import { RoundRobin } from '../upstream/balancers/round-robin.ts';
import { Cursors } from '../state/cursors.ts';
import type { SharedState } from '../state/layout.ts';
import { SharedClock } from '../state/shared-clock.ts';
import { TargetStates } from '../state/target-states.ts';
import type { Clock } from '../core/ports.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import type { NetConnectOpts } from 'node:net';

/** Where a pool connects to. */
export type TargetAddress = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** What outlives a snapshot in one worker: connections and views of the shared memory, found again by key. */
export class Resources {
  readonly targetStates: TargetStates;
  readonly roundRobin: RoundRobin;
  readonly randomChoice = new RandomChoice();
  private readonly state: SharedState;
  private readonly workerIndex: number;
  private readonly sharedClock: SharedClock;
  private readonly addresses: Addresses;
  private readonly ctx: PoolContext;
  private readonly pools = new Map<string, Pool>();

  constructor(init: { state: SharedState; workerIndex: number; wheel: TimerWheel; clock: Clock }) {
    this.state = init.state;
    this.workerIndex = init.workerIndex;
    this.sharedClock = new SharedClock(init.state, () => init.clock.now());
    this.targetStates = new TargetStates(init.state);
    this.roundRobin = new RoundRobin(new Cursors(init.state));
    this.addresses = new Addresses(init.clock);
    this.ctx = { wheel: init.wheel, clock: init.clock };
  }

  /** This worker's hold of an upstream's circuit breaker. */
  breaker(upstreamSlot: number, options: BreakerOptions): Breaker {
    return new Breaker({ ...this.sharedParts(upstreamSlot), options });
  }

  retryBudget(upstreamSlot: number, options: RetryBudgetOptions): RetryBudget {
    return new RetryBudget({ ...this.sharedParts(upstreamSlot), options });
  }

  private sharedParts(upstreamSlot: number) {
    return { state: this.state, workerIndex: this.workerIndex, upstreamSlot, clock: this.sharedClock };
  }

  /** The pool of this key; its options are renewed, its connections stay. */
  pool(key: string, address: TargetAddress, options: PoolOptions): Pool {
    let pool = this.pools.get(key);
    if (pool === undefined) {
      pool = new Pool({ connect: this.connectOptions(address), options, ctx: this.ctx });
      this.pools.set(key, pool);
    }
    pool.options = options;
    return pool;
  }

  /** Closes the pools whose keys are not in use any more, as their requests end. */
  retain(keys: ReadonlySet<string>): void {
    for (const [key, pool] of this.pools) {
      if (keys.has(key)) continue;
      pool.close();
      this.pools.delete(key);
    }
  }

  private connectOptions(address: TargetAddress): NetConnectOpts {
    if ('socketPath' in address) return { path: address.socketPath };
    const { host, port } = address;
    if (isAddress(host)) return { host, port };
    // Both families are tried, the second soon after the first: `localhost` is ::1 or 127.0.0.1, whichever answers.
    return { host, port, autoSelectFamily: true, lookup: this.addresses.lookup };
  }
}
