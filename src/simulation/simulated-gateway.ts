import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import type { PolicyDefinition } from '../core/policy.ts';
import type { KeyLookup, LogFields, Logger } from '../core/ports.ts';
import type { Program } from '../core/worker-messages.ts';
import { ClientConnection } from '../data-plane/client-connection.ts';
import type { WorkerContext } from '../data-plane/worker-context.ts';
import type { Resources } from '../snapshot/resources.ts';
import type { SharedState } from '../state/layout.ts';
import { targetHealthy, targetUnhealthy } from '../state/target-states.ts';
import type { PoolInit } from '../upstream/pool.ts';
import { EventQueue } from './event-queue.ts';
import { ManualClock } from './manual-clock.ts';
import { ManualWheel } from './manual-wheel.ts';
import { fieldValueOf, type ReceivedRequest } from './received-request.ts';
import { RequestRun, type SimulatedRequest } from './request-run.ts';
import { SimulatedKeys, type SimulatedKey } from './simulated-keys.ts';
import { SimulatedPool } from './simulated-pool.ts';
import { SimulatedTarget } from './simulated-target.ts';
import { createSimulatedWorker } from './simulated-worker.ts';
import type { TargetBehaviour } from './target-behaviour.ts';
import { WatchedExchanges } from './watched-exchanges.ts';

/** A client waits so long for an answer, on the simulated clock. */
const patienceMs = 24 * 3_600_000;
/** What a policy does outside of the process takes real time; this much and no more. */
const policyLimitMs = 5_000;

export interface SimulatedGatewayInit {
  readonly config: Config;
  readonly policies: readonly PolicyDefinition[];
  readonly storedKeys: readonly SimulatedKey[];
  /** The Unix time at which it begins, in milliseconds. */
  readonly wallTimeMs: number;
}

/** What a simulated gateway judges requests by, for whoever asks how it would judge one. */
export interface SimulatedInside {
  readonly program: Program<Config>;
  readonly state: SharedState;
  readonly clock: ManualClock;
  readonly keys: KeyLookup;
}

/** Which targets something is said of: those with this URL, of this upstream, or both; not given means all. */
export interface TargetSelection {
  readonly upstream?: string | undefined;
  readonly url?: string | undefined;
}

/**
 * One worker of the gateway with nothing outside: its clients and targets are within the process, its time passes only
 * when it is told to, and its chance is the same each time. All between is the data plane as it is, with its policies,
 * limits, breakers, retries, balancers and deadlines. The gateway's own endpoints answer 200 without their content.
 */
export class SimulatedGateway {
  /** What it wrote to its own log. */
  readonly logged: { readonly message: string; readonly fields: LogFields }[] = [];
  readonly inside: SimulatedInside;
  private readonly clock: ManualClock;
  private readonly wheel: ManualWheel;
  private readonly events = new EventQueue();
  private readonly targets: SimulatedTarget[] = [];
  private readonly slots: Readonly<Record<string, number>>;
  private readonly resources: Resources;
  private readonly ctx: WorkerContext;
  private readonly exchanges: WatchedExchanges;

  constructor(init: SimulatedGatewayInit) {
    const clock = new ManualClock(init.wallTimeMs);
    const logger: Logger = {
      log: (_level, message, fields = {}) => void this.logged.push({ message, fields }),
    };
    const keys = new SimulatedKeys(init.config.keys, init.storedKeys);
    this.clock = clock;
    this.wheel = new ManualWheel(clock);
    const worker = createSimulatedWorker({
      config: init.config,
      policies: init.policies,
      keys,
      clock,
      wheel: this.wheel,
      logger,
      createPool: this.createPool.bind(this),
    });
    const { ctx, resources, program, state } = worker;
    this.slots = program.slots.targets;
    this.resources = resources;
    this.ctx = ctx;
    this.inside = { program, state, clock, keys };
    this.exchanges = new WatchedExchanges(this.ctx);
  }

  /** Begins a request, which goes on with `complete`, `advance` or `settle`. */
  begin(request: SimulatedRequest): RequestRun {
    const { clock, events } = this;
    const run = new RequestRun(request, { events, now: () => clock.now() });
    const connection = new ClientConnection(run.wire.socket, this.ctx, this.exchanges);
    this.exchanges.expect(connection, run);
    connection.start();
    return run;
  }

  /** Lets a request come to its end; time passes as far as something waits for it. */
  async complete(run: RequestRun): Promise<void> {
    await this.settle();
    while (!run.done) {
      const next = this.wheel.earliest();
      if (next > run.startedMs + patienceMs) run.giveUp();
      else await this.moveTo(next);
    }
    await this.settle();
  }

  /** Lets time pass, with all that happens meanwhile. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.clock.now() + milliseconds;
    await this.settle();
    for (let next = this.wheel.earliest(); next <= end; next = this.wheel.earliest()) await this.moveTo(next);
    this.clock.moveTo(end);
  }

  private async moveTo(timeMs: number): Promise<void> {
    this.clock.moveTo(timeMs);
    this.wheel.advance(timeMs);
    await this.settle();
  }

  /**
   * Resolves when nothing more happens unless time passes. Rejects where a policy takes longer to decide than any that
   * asks nobody outside of the process.
   */
  async settle(): Promise<void> {
    const startedMs = performance.now();
    // The data plane writes at the end of a turn, and what it awaits may go on in the turn after.
    for (let quietTurns = 0; quietTurns < 2; quietTurns += 1) {
      const isBusy = this.events.run() || this.exchanges.awaitsVerdict;
      if (isBusy) quietTurns = -1;
      await nextTurn();
      if (!isBusy || performance.now() - startedMs < policyLimitMs) continue;
      throw new Error(`a policy has not decided on a request within ${policyLimitMs} ms of real time`);
    }
  }

  /** What targets do from now on. */
  behave(selection: TargetSelection, behaviour: TargetBehaviour): void {
    for (const target of this.select(selection)) target.behave(behaviour);
  }

  /** What a health check would have found. */
  setHealth(selection: TargetSelection, healthy: boolean): void {
    for (const { upstream, url } of this.select(selection)) {
      const slot = this.slots[`${upstream} ${url}`];
      const health = healthy ? targetHealthy : targetUnhealthy;
      if (slot !== undefined) this.resources.targetStates.setHealth(slot, health);
    }
  }

  /** Ends what is left of its connections. */
  async close(): Promise<void> {
    for (const connection of this.ctx.connections) connection.abort();
    this.resources.closeAll();
    await this.settle();
    this.wheel.stop();
  }

  private select({ upstream, url }: TargetSelection): readonly SimulatedTarget[] {
    return this.targets.filter(
      (target) => (upstream === undefined || target.upstream === upstream) && (url === undefined || target.url === url),
    );
  }

  /** The key of a pool is `upstream url`; those of the gateway's own endpoints have one word. */
  private createPool(key: string, init: PoolInit): SimulatedPool {
    const { events, wheel, clock } = this;
    const [upstream = '', url] = key.split(' ');
    const target = new SimulatedTarget({
      upstream,
      url: url ?? '',
      events,
      wheel,
      clock,
      onRequest: (request) => this.findRun(request)?.noteReceived(target.url, request),
    });
    if (url === undefined) return new SimulatedPool(init, target, () => undefined);
    this.targets.push(target);
    return new SimulatedPool(init, target, (owner) => this.exchanges.findByForward(owner)?.noteAttempt(target));
  }

  private findRun(request: ReceivedRequest): RequestRun | undefined {
    return this.exchanges.findByRequestId(fieldValueOf(request.fields, 'x-request-id') ?? '');
  }
}
