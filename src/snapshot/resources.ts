import { Addresses, isAddress } from '../upstream/addresses.ts';
import { Breaker, type BreakerOptions } from '../upstream/breaker.ts';
import { RetryBudget, type RetryBudgetOptions } from '../upstream/retry-budget.ts';
import { Pool, type PoolContext, type PoolInit, type PoolOptions } from '../upstream/pool.ts';
import { Outliers, type OutliersInit } from '../upstream/outliers.ts';
import { Cursors } from '../state/cursors.ts';
import { LoadCounts } from '../state/load-counts.ts';
import type { SharedState } from '../state/layout.ts';
import { SharedClock } from '../state/shared-clock.ts';
import { TargetCosts } from '../state/target-costs.ts';
import { TargetStates } from '../state/target-states.ts';
import type { Clock } from '../core/ports.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import { PolicyStates } from './policy-states.ts';
import type { NetConnectOpts } from 'node:net';

/** Where a pool connects to. */
export type TargetAddress = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** A pool that a snapshot to come asks for. */
interface StagedPool {
  readonly pool: Pool;
  readonly options: PoolOptions;
  /** Empty for a unix socket. */
  readonly host: string;
}

/** What stands in for the world outside of a worker where there is none: its time, chance and connections. */
export interface SimulatedWorld {
  readonly sharedClock: { nowMicros(): number };
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
  createPool(key: string, init: PoolInit): Pool;
}

const simulatedSeed = { high: 0x5106, low: 0x5107 } as const;

/** What outlives a snapshot in one worker: connections and views of the shared memory, found again by key. */
export class Resources {
  readonly policyStates = new PolicyStates();
  readonly targetStates: TargetStates;
  readonly cursors: Cursors;
  /** Requests in flight, where somebody counts them. */
  readonly targetLoads: LoadCounts;
  readonly upstreamLoads: LoadCounts;
  readonly targetCosts: TargetCosts;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
  private readonly state: SharedState;
  private readonly workerIndex: number;
  readonly sharedClock: { nowMicros(): number };
  private readonly addresses: Addresses;
  private readonly ctx: PoolContext;
  private readonly simulated: SimulatedWorld | null;
  private readonly pools = new Map<string, Pool>();
  /** What the snapshot that is being compiled has asked for. */
  private readonly staged = new Map<string, StagedPool>();

  constructor(init: {
    state: SharedState;
    workerIndex: number;
    wheel: TimerWheel;
    clock: Clock;
    simulated?: SimulatedWorld;
  }) {
    this.state = init.state;
    this.workerIndex = init.workerIndex;
    this.simulated = init.simulated ?? null;
    this.sharedClock = this.simulated?.sharedClock ?? new SharedClock(init.state, () => init.clock.now());
    this.random = this.simulated?.random ?? Math.random;
    this.targetStates = new TargetStates(init.state, this.sharedClock);
    this.cursors = new Cursors(init.state);
    this.targetLoads = new LoadCounts(init.state, init.workerIndex, 'targets');
    this.upstreamLoads = new LoadCounts(init.state, init.workerIndex, 'upstreams');
    this.targetCosts = new TargetCosts(init.state, this.sharedClock);
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

  outliers(init: Pick<OutliersInit, 'targets' | 'options' | 'tell'>): Outliers {
    return new Outliers({ ...init, state: this.state, states: this.targetStates, clock: this.sharedClock });
  }

  /** The seed of this gateway for all that is found by hash; never shown. In a simulated world it is always the same. */
  get hashSeed(): { readonly high: number; readonly low: number } {
    if (this.simulated !== null) return simulatedSeed;
    return { high: this.state.hashSeedHigh, low: this.state.hashSeedLow };
  }

  private sharedParts(upstreamSlot: number) {
    return { state: this.state, workerIndex: this.workerIndex, upstreamSlot, clock: this.sharedClock };
  }

  /** The pool of this key, for the snapshot that is being compiled. What is in use changes only with `commit`. */
  pool(key: string, address: TargetAddress, options: PoolOptions): Pool {
    const pool = this.pools.get(key) ?? this.staged.get(key)?.pool ?? this.createPool(key, address, options);
    this.staged.set(key, { pool, options, host: 'host' in address ? address.host : '' });
    return pool;
  }

  /**
   * The snapshot that was compiled last is served from now on: the pools that it asked for get their new options and keep
   * their connections; those that it did not ask for close as their requests end.
   */
  commit(): void {
    for (const [key, pool] of this.pools) {
      if (!this.staged.has(key)) this.close(key, pool);
    }
    for (const [key, { pool, options }] of this.staged) {
      pool.options = options;
      this.pools.set(key, pool);
    }
    this.addresses.retain(new Set([...this.staged.values()].map(({ host }) => host)));
    this.staged.clear();
    this.policyStates.commit();
  }

  /** The snapshot that was compiled last is not served. */
  abandon(): void {
    this.staged.clear();
    this.policyStates.abandon();
  }

  /** Nothing is served any more: every pool closes as its requests end. */
  closeAll(): void {
    for (const [key, pool] of this.pools) this.close(key, pool);
    this.policyStates.clear();
  }

  private close(key: string, pool: Pool): void {
    pool.close();
    this.pools.delete(key);
  }

  private createPool(key: string, address: TargetAddress, options: PoolOptions): Pool {
    const init = { connect: this.connectOptions(address), options, ctx: this.ctx };
    return this.simulated?.createPool(key, init) ?? new Pool(init);
  }

  private connectOptions(address: TargetAddress): NetConnectOpts {
    if ('socketPath' in address) return { path: address.socketPath };
    const { host, port } = address;
    if (isAddress(host)) return { host, port };
    // Both families are tried, the second soon after the first: `localhost` is ::1 or 127.0.0.1, whichever answers.
    return { host, port, autoSelectFamily: true, lookup: this.addresses.lookup };
  }
}
