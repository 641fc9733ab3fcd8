import { parentPort, type MessagePort } from 'node:worker_threads';
import type { PolicyDefinition } from '../core/policy.ts';
import type { KeyLookup, LimiterFactory, Logger } from '../core/ports.ts';
import type { StoredKey } from '../core/stored-key.ts';
import type { FromWorker, KeyNews, Program, ToWorker, WorkerStart } from '../core/worker-messages.ts';
import { rethrow } from '../lib/rethrow.ts';
import { TimerWheel } from '../lib/timer-wheel.ts';
import { turnClock } from '../lib/turn-clock.ts';
import type { SnapshotSource } from '../snapshot/compile.ts';
import { LiveSnapshot } from '../snapshot/live-snapshot.ts';
import { Resources } from '../snapshot/resources.ts';
import { ClientHolds } from '../state/client-holds.ts';
import { WorkerCounters } from '../state/counters.ts';
import { WorkerHistograms } from '../state/histogram.ts';
import { attachSharedState, type SharedState } from '../state/layout.ts';
import { SharedClock } from '../state/shared-clock.ts';
import { SharedLimiters } from '../state/shared-limiter.ts';
import { AccessLogs } from './access-logs.ts';
import { DateField } from './date-field.ts';
import { drain } from './drain.ts';
import { ExchangeStock } from './exchange-stock.ts';
import { KeyAsker } from './key-asker.ts';
import { Listeners } from './listeners.ts';
import { Programs } from './programs.ts';
import { RequestIds } from './request-ids.ts';
import type { WorkerContext } from './worker-context.ts';

/** Deadlines are kept to this. */
const tickMs = 20;

/** The keys that policies look up, kept up to date by what the control thread tells. */
export interface WorkerKeys extends KeyLookup {
  onNews(news: KeyNews): void;
  /** The keys that a configuration holds are those of this one from now on. */
  reconfigure(config: SnapshotSource): void;
}

/** The limiters of a worker, which may hold connections. */
export interface WorkerLimiters extends LimiterFactory {
  /** Resolves when it has turned out whether limits are shared with other gateways; never rejects. */
  ready(): Promise<void>;
  close(): void;
}

/** What the data plane is given, since it may not know it by itself. */
export interface WorkerParts {
  /** The policies that a configuration may use, those of these modules among them. Rejects where one cannot be imported. */
  loadPolicies(modules: readonly string[]): Promise<readonly PolicyDefinition[]>;
  /** `ask` rejects with a StoreUnavailableError where nobody can say. */
  createKeys(config: SnapshotSource, ask: (sha256: string) => Promise<StoredKey | null>): WorkerKeys;
  createLimiters(config: SnapshotSource, shared: SharedLimiters, logger: Logger): WorkerLimiters;
}

/** Serves what the first message says, in this thread, until the control thread asks it to drain. */
export function startWorker(parts: WorkerParts): void {
  if (parentPort === null) throw new Error('a worker runs as a thread only');
  const control = parentPort;
  control.once('message', (start: WorkerStart<SnapshotSource>) => new WorkerThread(start, control, parts).start());
}

class WorkerThread {
  private readonly control: MessagePort;
  private readonly program: Program<SnapshotSource>;
  private readonly resources: Resources;
  private readonly wheel: TimerWheel;
  private readonly keyAsker: KeyAsker;
  private readonly keys: WorkerKeys;
  private readonly limiters: WorkerLimiters;
  private readonly ctx: WorkerContext;
  private readonly accessLogs: AccessLogs;
  private readonly listeners: Listeners;
  private readonly programs: Programs;
  /** Changes of the program, one after the other. */
  private changes: Promise<void> = Promise.resolve();
  private readonly logger: Logger = {
    log: (level, message, fields) =>
      this.say(fields === undefined ? { kind: 'log', level, message } : { kind: 'log', level, message, fields }),
  };

  constructor(start: WorkerStart<SnapshotSource>, control: MessagePort, parts: WorkerParts) {
    this.control = control;
    this.program = start.program;
    const { config } = start.program;
    const state = attachSharedState(start.sharedState);
    const clock = turnClock;
    this.wheel = new TimerWheel({ tickMs, clock: () => clock.refresh() });
    this.resources = new Resources({ state, workerIndex: start.index, wheel: this.wheel, clock });
    this.keyAsker = new KeyAsker({ send: (question) => this.say(question), wheel: this.wheel, clock });
    this.keys = parts.createKeys(config, (sha256) => this.keyAsker.ask(sha256));
    this.limiters = parts.createLimiters(
      config,
      new SharedLimiters(state, start.index, new SharedClock(state, () => clock.now())),
      this.logger,
    );
    this.ctx = this.createContext(state, start.index);
    const exchanges = new ExchangeStock(this.ctx);
    this.listeners = new Listeners(this.ctx, exchanges);
    this.accessLogs = new AccessLogs(this.ctx, {
      clock,
      tally: this.ctx.counters,
      onTrouble: (message, counts) => this.logger.log('warn', message, { ...counts }),
    });
    const host = { clock, logger: this.logger, keys: this.keys, limiters: this.limiters };
    this.programs = new Programs({
      ctx: this.ctx,
      loadPolicies: (modules) => parts.loadPolicies(modules),
      compile: { resources: this.resources, gatewaySocket: start.gatewaySocket },
      policyHost: host,
      exchanges,
      listeners: this.listeners,
      accessLogs: this.accessLogs,
      onCommit: (committed) => this.keys.reconfigure(committed),
    });
  }

  private createContext(state: SharedState, index: number): WorkerContext {
    return {
      live: new LiveSnapshot(),
      clock: turnClock,
      random: Math.random,
      wheel: this.wheel,
      counters: new WorkerCounters(state, index),
      histograms: new WorkerHistograms(state, index),
      holds: new ClientHolds(state, index),
      requestIds: new RequestIds(),
      dateField: new DateField(turnClock),
      accessLog: null,
      connections: new Set(),
      draining: false,
      logger: this.logger,
    };
  }

  /** The first program is like any other, but for nobody else who has to be ready before it is served. */
  start(): void {
    this.control.on('message', (message: ToWorker<SnapshotSource>) => this.receive(message));
    this.change(async () => {
      await this.limiters.ready();
      if (await this.prepare(this.program)) this.commit(this.program.version);
    });
  }

  /** A change that fails where it cannot is a defect, which ends the thread; its successor begins anew. */
  private change(act: () => void | Promise<void>): void {
    this.changes = this.changes.then(act);
    this.changes.catch(rethrow);
  }

  private async prepare(program: Program<SnapshotSource>): Promise<boolean> {
    const { version } = program;
    try {
      await this.programs.prepare(program);
      this.say({ kind: 'accepted', version });
      return true;
    } catch (error) {
      this.say({ kind: 'refused', version, reason: error instanceof Error ? error.message : String(error) });
      return false;
    }
  }

  private commit(version: number): void {
    turnClock.refresh();
    this.programs.commit(version);
    this.say({ kind: 'programmed', version });
  }

  private receive(message: ToWorker<SnapshotSource>): void {
    turnClock.refresh();
    switch (message.kind) {
      case 'prepare':
        this.change(async () => void (await this.prepare(message.program)));
        return;
      case 'commit':
        this.change(() => this.commit(message.version));
        return;
      case 'abandon':
        this.change(() => this.programs.abandon(message.version));
        return;
      case 'reopen-log':
        this.accessLogs.reopen();
        return;
      case 'drain':
        void this.drain(message.timeoutMs);
        return;
      case 'cut':
        for (const connection of this.ctx.connections) connection.abort();
        this.accessLogs.flushSync();
        return;
      case 'key-found':
        this.keyAsker.receive(message);
        return;
      case 'key-changed':
      case 'key-store-lost':
      case 'keys-reset':
        this.keys.onNews(message);
    }
  }

  private async drain(timeoutMs: number): Promise<void> {
    await drain({ ctx: this.ctx, listeners: this.listeners, timeoutMs });
    this.resources.closeAll();
    this.wheel.stop();
    this.limiters.close();
    await this.accessLogs.close();
    this.say({ kind: 'drained' });
    this.control.close();
  }

  private say(message: FromWorker): void {
    this.control.postMessage(message);
  }
}
