import type { Config } from '../config/schema.ts';
import { listSlotNames } from '../control/slots.ts';
import type { PolicyDefinition } from '../core/policy.ts';
import type { KeyLookup, Logger } from '../core/ports.ts';
import type { Program } from '../core/worker-messages.ts';
import { DateField } from '../data-plane/date-field.ts';
import { RequestIds } from '../data-plane/request-ids.ts';
import type { WorkerContext } from '../data-plane/worker-context.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import { compileSnapshot } from '../snapshot/compile.ts';
import { LiveSnapshot } from '../snapshot/live-snapshot.ts';
import { Resources } from '../snapshot/resources.ts';
import { ClientHolds } from '../state/client-holds.ts';
import { WorkerCounters } from '../state/counters.ts';
import { WorkerHistograms } from '../state/histogram.ts';
import { createSharedState, type SharedState } from '../state/layout.ts';
import { SharedLimiters } from '../state/shared-limiter.ts';
import type { Pool, PoolInit } from '../upstream/pool.ts';
import type { ManualClock } from './manual-clock.ts';
import { createSeededRandom } from './seeded-random.ts';

/** More than the addresses and keys of any test; a power of two. */
const buckets = 4_096;
const series = 256;
const seed = 0x5106;

export interface SimulatedWorkerInit {
  readonly config: Config;
  readonly policies: readonly PolicyDefinition[];
  readonly keys: KeyLookup;
  readonly clock: ManualClock;
  readonly wheel: TimerWheel;
  readonly logger: Logger;
  /** Its connections lead to something within the process. */
  createPool(key: string, init: PoolInit): Pool;
}

/** What a worker of the gateway is made of, with nothing outside of it: time and connections are the caller's. */
export interface SimulatedWorker {
  readonly ctx: WorkerContext;
  readonly resources: Resources;
  readonly program: Program<Config>;
  readonly state: SharedState;
}

export function createSimulatedWorker(init: SimulatedWorkerInit): SimulatedWorker {
  const { config, clock, wheel, logger } = init;
  const names = listSlotNames(config);
  const slots = {
    routes: numberFrom(1, names.routes),
    upstreams: numberFrom(0, names.upstreams),
    targets: numberFrom(0, names.targets),
  };
  const shared = createSharedState({
    workers: 1,
    routes: names.routes.length + 1,
    upstreams: names.upstreams.length,
    targets: names.targets.length,
    series,
    buckets,
  });
  const state = { ...shared, hashSeedHigh: seed, hashSeedLow: seed };
  const random = createSeededRandom(seed);
  const createPool = (key: string, poolInit: PoolInit): Pool => init.createPool(key, poolInit);
  const simulated = { sharedClock: clock, random, createPool };
  const resources = new Resources({ state, workerIndex: 0, wheel, clock, simulated });
  const host = { clock, logger, keys: init.keys, limiters: new SharedLimiters(state, 0, clock) };
  const program = { version: 1, config, slots };
  const snapshot = compileSnapshot(program, {
    resources,
    gatewaySocket: '',
    policies: { definitions: init.policies, host },
  });
  resources.commit();
  const ctx: WorkerContext = {
    live: new LiveSnapshot(snapshot),
    clock,
    // In the middle: no delay is shorter or longer than it is written.
    random: () => 0.5,
    wheel,
    counters: new WorkerCounters(state, 0),
    histograms: new WorkerHistograms(state, 0),
    holds: new ClientHolds(state, 0),
    requestIds: new RequestIds(),
    dateField: new DateField(clock),
    accessLog: null,
    connections: new Set(),
    draining: false,
    logger,
  };
  return { ctx, resources, program, state };
}

/** Slots for names, which no configuration after this one has to keep. */
function numberFrom(first: number, names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name, index) => [name, first + index]));
}
