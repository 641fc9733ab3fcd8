import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { PolicyDefinition } from '../core/policy.ts';
import type { KeyLookup, LimiterFactory, Logger } from '../core/ports.ts';
import type { StoredKey } from '../core/stored-key.ts';
import type { FromWorker, KeyNews, Program, ToWorker, WorkerStart } from '../core/worker-messages.ts';
import { TimerWheel } from '../lib/timer-wheel.ts';
import { turnClock } from '../lib/turn-clock.ts';
import { compileSnapshot, type SnapshotSource } from '../snapshot/compile.ts';
import { LiveSnapshot } from '../snapshot/live-snapshot.ts';
import { Resources } from '../snapshot/resources.ts';
import { WorkerCounters } from '../state/counters.ts';
import { WorkerHistograms } from '../state/histogram.ts';
import { attachSharedState } from '../state/layout.ts';
import { SharedClock } from '../state/shared-clock.ts';
import { SharedLimiters } from '../state/shared-limiter.ts';
import { LogFile } from '../telemetry/log-file.ts';
import { DateField } from './date-field.ts';
import { drain } from './drain.ts';
import { ExchangeStock } from './exchange-stock.ts';
import { KeyAsker } from './key-asker.ts';
import { Listener } from './listener.ts';
import { RequestIds } from './request-ids.ts';
import type { WorkerContext } from './worker-context.ts';

/** Deadlines are kept to this. */
const tickMs = 20;

/** The keys that policies look up, kept up to date by what the control thread tells. */
export interface WorkerKeys extends KeyLookup {
  onNews(news: KeyNews): void;
}

/** The limiters of a worker, which may hold connections. */
export interface WorkerLimiters extends LimiterFactory {
  /** Resolves when it has turned out whether limits are shared with other gateways; never rejects. */
  ready(): Promise<void>;
  close(): void;
}

/** What the data plane is given, since it may not know it by itself. */
export interface WorkerParts {
  readonly policies: readonly PolicyDefinition[];
  /** `ask` rejects with a StoreUnavailableError where nobody can say. */
  createKeys(config: SnapshotSource, ask: (sha256: string) => Promise<StoredKey | null>): WorkerKeys;
  createLimiters(config: SnapshotSource, shared: SharedLimiters, logger: Logger): WorkerLimiters;
}

/** Serves what `workerData` says, in this thread, until the control thread asks it to drain. */
export function startWorker(parts: WorkerParts): void {
  if (parentPort === null) throw new Error('a worker runs as a thread only');
  const worker = new WorkerThread(workerData as WorkerStart<SnapshotSource>, parentPort, parts);
  worker.start();
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
  private readonly exchanges: ExchangeStock;
  private readonly listeners: Listener[] = [];
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
    const host = { clock, logger: this.logger, keys: this.keys, limiters: this.limiters };
    const snapshot = compileSnapshot(start.program, {
      resources: this.resources,
      gatewaySocket: start.gatewaySocket,
      policies: { definitions: parts.policies, host },
    });
    const counters = new WorkerCounters(state, start.index);
    this.ctx = {
      live: new LiveSnapshot(snapshot),
      clock,
      wheel: this.wheel,
      counters,
      histograms: new WorkerHistograms(state, start.index),
      requestIds: new RequestIds(),
      dateField: new DateField(clock),
      accessLog: this.openAccessLog(config, counters),
      connections: new Set(),
      draining: false,
      logger: this.logger,
    };
    this.exchanges = new ExchangeStock(this.ctx);
  }

  private openAccessLog(config: SnapshotSource, tally: WorkerCounters): LogFile | null {
    if (config.access_log === false) return null;
    return new LogFile({
      file: config.access_log.file,
      clock: turnClock,
      tally,
      onTrouble: (message, counts) => this.logger.log('warn', message, { ...counts }),
    });
  }

  start(): void {
    this.control.on('message', (message: ToWorker<SnapshotSource>) => this.receive(message));
    const { version } = this.program;
    this.say({ kind: 'accepted', version });
    this.listen().then(
      () => this.say({ kind: 'programmed', version }),
      (error: unknown) =>
        this.say({ kind: 'refused', version, reason: error instanceof Error ? error.message : String(error) }),
    );
  }

  private async listen(): Promise<void> {
    await this.limiters.ready();
    for (const address of this.ctx.live.current.listeners) {
      this.listeners.push(await Listener.open(address, this.ctx, this.exchanges));
    }
  }

  private receive(message: ToWorker<SnapshotSource>): void {
    turnClock.refresh();
    switch (message.kind) {
      case 'reopen-log':
        void this.ctx.accessLog?.reopen();
        return;
      case 'drain':
        void this.drain(message.timeoutMs);
        return;
      case 'cut':
        for (const connection of this.ctx.connections) connection.abort();
        this.ctx.accessLog?.flushSync();
        return;
      case 'key-found':
      case 'key-store-down':
        this.keyAsker.receive(message);
        return;
      case 'key-changed':
      case 'key-store-lost':
      case 'keys-reset':
        this.keys.onNews(message);
        return;
      case 'program':
    }
  }

  private async drain(timeoutMs: number): Promise<void> {
    await drain({ ctx: this.ctx, listeners: this.listeners, timeoutMs });
    this.resources.retain(new Set());
    this.wheel.stop();
    this.limiters.close();
    await this.ctx.accessLog?.close();
    this.say({ kind: 'drained' });
    this.control.close();
  }

  private say(message: FromWorker): void {
    this.control.postMessage(message);
  }
}
