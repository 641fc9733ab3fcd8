import { hash } from 'node:crypto';
import { join } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import type { GatewayStatus, GatewayView } from './admin/gateway-view.ts';
import { startAdminServer, type AdminServer } from './admin/server.ts';
import { formatAddress, type Address } from './config/address.ts';
import type { Config } from './config/schema.ts';
import { StartError } from './control/start-error.ts';
import { DurationWindow } from './control/duration-window.ts';
import { ControlKeys } from './control/keys.ts';
import { StoreWatch } from './control/store-watch.ts';
import { HealthChecks } from './control/health-checks.ts';
import { explainListenError, probeAddresses } from './control/listen-addresses.ts';
import { createPrivateFolder } from './control/private-folder.ts';
import { assignSlots, shapeFor } from './control/slots.ts';
import { Workers } from './control/workers.ts';
import { canSharePorts } from './core/platform.ts';
import { systemClock, type Logger } from './core/ports.ts';
import type { SlotAssignments } from './core/worker-messages.ts';
import { SharedBreakers } from './admin/shared-breakers.ts';
import type { KeyStore } from './stores/key-store.ts';
import { openKeyStore } from './stores/open-key-store.ts';
import { createSharedState, type SharedState } from './state/layout.ts';
import { TargetStates } from './state/target-states.ts';
import { LogFile } from './telemetry/log-file.ts';
import { createLogger } from './telemetry/logger.ts';

const workerEntry = new URL('./worker.ts', import.meta.url);

export interface GatewayOptions {
  readonly config: Config;
  /** Default: events from `info` up on the standard error stream. */
  readonly logger?: Logger;
}

export interface StopOptions {
  /** How long requests under way may take to end; default: the configuration's `shutdown_timeout`. */
  readonly timeoutMs?: number;
}

export interface Gateway {
  /** Where it listens, in the order of the configuration; port 0 has become the port that the system chose. */
  readonly addresses: readonly Address[];
  /** Where the gateway's own endpoints have a listener of their own; null where they have none. */
  readonly adminAddress: Address | null;
  /** Resolves when every worker serves. Rejects with a StartError when one cannot; nothing is left running then. */
  start(): Promise<void>;
  /** Writes the access log to a file newly opened, after the old one was moved away. */
  reopenLogs(): void;
  /** Cuts every connection, so that no answer under way looks whole: for a process that ends at once. */
  cut(): void;
  /** Stops accepting, lets requests under way end, and resolves when nothing is left running. */
  stop(options?: StopOptions): Promise<void>;
}

/**
 * Makes a gateway of a checked configuration, ready to be started, once.
 *
 * @throws StartError when an address cannot be listened on
 */
export async function createGateway({ config, logger }: GatewayOptions): Promise<Gateway> {
  const wanted = config.listeners.map((listener) => listener.address);
  const admin = config.admin === null || config.admin.address === 'main' ? [] : [config.admin.address];
  const found = await probeAddresses([...wanted, ...admin]);
  const addresses = found.slice(0, wanted.length);
  return new SluiceGateway({
    config: { ...config, listeners: addresses.map((address) => ({ address })) },
    logger: logger ?? createLogger({ level: 'info', stream: process.stderr }),
    adminAddress: found[wanted.length] ?? null,
  });
}

/** A log that cannot be written is told at the start, where somebody reads it. */
async function checkAccessLog({ access_log: log }: Config): Promise<void> {
  if (log === false) return;
  try {
    await LogFile.check(log.file);
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error));
  }
}

/** A store that cannot be opened is told at the start. */
async function openStore({ store }: Config): Promise<KeyStore> {
  try {
    return await openKeyStore(store);
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error));
  }
}

/** What a lost store means for requests, in the words of the log. */
function consequenceOfLoss({ on_store_failure: onFailure, store }: Config): string {
  const isShared = store.startsWith('redis');
  if (onFailure === 'reject') {
    return `requests with keys of the store${isShared ? ', and those with a limit,' : ''} are refused`;
  }
  return `known keys go on, unknown ones get 503${isShared ? ', limits are those of this gateway alone' : ''}`;
}

/** Changes with the configuration, but not with its secrets: everybody may see it, and nobody shall guess by it. */
function hashConfig(config: Config): string {
  const secrets = ['password', 'sha256', 'store'];
  const text = JSON.stringify(config, (key, value: unknown) => (secrets.includes(key) ? undefined : value));
  return hash('sha256', text).slice(0, 16);
}

interface GatewayParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly adminAddress: Address | null;
}

class SluiceGateway implements Gateway {
  readonly addresses: readonly Address[];
  readonly adminAddress: Address | null;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #loadedAtMs = systemClock.wallTime();
  #status: GatewayStatus = 'starting';
  #workers: Workers<Config> | null = null;
  /** What runs, to be ended in the reverse order of its start. */
  #running: AsyncDisposableStack | null = null;

  constructor({ config, logger, adminAddress }: GatewayParts) {
    this.addresses = config.listeners.map((listener) => listener.address);
    this.adminAddress = adminAddress;
    this.#config = config;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    if (this.#workers !== null) throw new Error('A gateway can be started once only.');
    const common = { config: this.#config, logger: this.#logger, clock: systemClock };
    await checkAccessLog(this.#config);
    const slots = assignSlots(this.#config);
    const state = createSharedState(shapeFor(slots, this.#countWorkers()));
    const program = { version: 1, config: this.#config, slots };

    // Whatever has been started ends again if a later step throws.
    await using running = new AsyncDisposableStack();
    const folder = running.use(await createPrivateFolder());
    const gatewaySocket = join(folder.path, 'gateway.sock');
    const healthChecks = new HealthChecks({ ...common, slots, states: new TargetStates(state) });
    const durations = new DurationWindow({ state, clock: systemClock, logger: this.#logger });
    const store = await openStore(this.#config);
    running.defer(() => store.close());
    const keys = new ControlKeys({ store, logger: this.#logger, broadcast: (news) => workers.broadcast(news) });
    const storeWatch = new StoreWatch(store, this.#logger, consequenceOfLoss(this.#config));
    running.defer(() => storeWatch.stop());
    const workers = new Workers<Config>(state.shape.workers, {
      ...common,
      entry: workerEntry,
      state,
      gatewaySocket,
      program,
      answerKey: (question) => keys.reply(question),
    });
    this.#workers = workers;
    const view = this.#createView({ slots, state, workers, healthChecks, durations, store, keys });

    const internal = await startAdminServer({ view, logger: this.#logger, listen: { socketPath: gatewaySocket } });
    running.defer(() => internal.close());
    const admin = await this.#startAdminListener(view);
    running.defer(async () => await admin?.close());
    running.defer(() => workers.terminate());
    await workers.start();
    running.defer(() => healthChecks.stop());
    healthChecks.start();
    running.defer(() => durations.stop());
    durations.start();

    this.#running = running.move();
    this.#status = 'ready';
    this.#logger.log('info', 'the gateway serves', {
      addresses: this.addresses.map((address) => `http://${formatAddress(address)}`).join(' '),
      admin: this.adminAddress === null ? undefined : `http://${formatAddress(this.adminAddress)}`,
      workers: state.shape.workers,
    });
  }

  async stop({ timeoutMs = this.#config.shutdown_timeout }: StopOptions = {}): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    this.#status = 'draining';
    this.#logger.log('info', 'the gateway drains', { timeoutMs });
    await this.#workers?.drain(timeoutMs);
    await running.disposeAsync();
    this.#logger.log('info', 'the gateway has stopped');
  }

  reopenLogs(): void {
    this.#workers?.broadcast({ kind: 'reopen-log' });
  }

  cut(): void {
    this.#workers?.broadcast({ kind: 'cut' });
  }

  #countWorkers(): number {
    const { workers } = this.#config;
    if (canSharePorts || workers === 1) return workers;
    this.#logger.log('warn', 'this platform cannot share a port between workers: there is one worker', {
      wanted: workers,
    });
    return 1;
  }

  async #startAdminListener(view: GatewayView): Promise<AdminServer | null> {
    const address = this.adminAddress;
    if (address === null) return null;
    try {
      return await startAdminServer({ view, logger: this.#logger, listen: address });
    } catch (error) {
      throw explainListenError(error, address);
    }
  }

  #createView(parts: {
    readonly slots: SlotAssignments;
    readonly state: SharedState;
    readonly workers: Workers<Config>;
    readonly healthChecks: HealthChecks;
    readonly durations: DurationWindow;
    readonly store: KeyStore;
    readonly keys: ControlKeys;
  }): GatewayView {
    const { slots, state, workers, healthChecks, durations, store, keys } = parts;
    const config = this.#config;
    return {
      version: manifest.version,
      clock: systemClock,
      startedAtMs: systemClock.now(),
      config,
      configHash: hashConfig(config),
      configLoadedAtMs: this.#loadedAtMs,
      slots,
      state,
      keys,
      breakers: new SharedBreakers({ config, slots, state, clock: systemClock }),
      status: () => this.#status,
      workers: () => {
        const versions = workers.programmedVersions;
        return { configured: versions.length, serving: versions.filter((version) => version !== null).length };
      },
      healthProblem: (slot) => healthChecks.problem(slot),
      recentDurations: (buckets) => durations.recent(buckets),
      storeUp: () => (config.store === 'memory' ? null : store.up),
    };
  }
}
