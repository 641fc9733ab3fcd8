import { join } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import { AdminListener } from './admin/admin-listener.ts';
import { createGatewayView } from './admin/create-gateway-view.ts';
import type { GatewayStatus, GatewayView } from './admin/gateway-view.ts';
import { loadRequestListener, startAdminServer, type AdminServer } from './admin/server.ts';
import { formatAddress, type Address } from './config/address.ts';
import type { Config } from './config/schema.ts';
import { ConfigWatch } from './control/config-watch.ts';
import type { ConfigSource } from './control/config-source.ts';
import { DurationWindow } from './control/duration-window.ts';
import { HealthChecks } from './control/health-checks.ts';
import { ControlKeys } from './control/keys.ts';
import { explainListenError } from './control/listen-addresses.ts';
import { ListenPlan, withFoundAddresses, type ListenProposal } from './control/listen-plan.ts';
import { createPrivateFolder } from './control/private-folder.ts';
import { ProgramSwitch } from './control/program-switch.ts';
import { Reloads, type ReloadOutcome } from './control/reloads.ts';
import { createRunningProgram, type LoadedProgram } from './control/running-program.ts';
import { layOutMemory } from './control/slot-book.ts';
import { checkAccessLog, openStore } from './control/start-checks.ts';
import { consequenceOfLoss, StoreWatch } from './control/store-watch.ts';
import type { ThreadAhead } from './control/thread-ahead.ts';
import { workerEntry } from './cli/worker-entry.ts';
import { countWorkers, Workers } from './control/workers.ts';
import { systemClock, type Logger } from './core/ports.ts';
import { LiveExplainer } from './explain/live-explainer.ts';
import { loadPolicies } from './policies/custom-policies.ts';
import type { KeyStore } from './stores/key-store.ts';
import { TargetStates } from './state/target-states.ts';
import { createLogger } from './telemetry/logger.ts';

export interface GatewayOptions {
  readonly config: Config;
  /** Modules with policies of the user's own that the configuration names, by the addresses to import them by. */
  readonly policyModules?: readonly string[];
  /** Default: events from `info` up on the standard error stream. */
  readonly logger?: Logger;
  /** Where the configuration is read again. Default: nowhere, so that only `reload` with another one changes it. */
  readonly source?: ConfigSource;
  /** A thread for the first worker that loads its code already. Default: it is started with the others. */
  readonly threadAhead?: ThreadAhead;
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
  /**
   * Serves another checked configuration from now on, or what the source holds now. Never rejects: a configuration that
   * cannot be served changes nothing, and the outcome says why. `cause` is for the log.
   */
  reload(config?: Config, cause?: string): Promise<ReloadOutcome>;
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
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, policyModules, logger, source, threadAhead } = options;
  const plan = new ListenPlan();
  const places = await plan.propose(config);
  plan.adopt(places);
  const program: LoadedProgram = { config, policyModules: policyModules ?? [] };
  return new SluiceGateway({
    program,
    plan,
    places,
    logger: logger ?? createLogger({ level: 'info', stream: process.stderr }),
    source: source ?? { description: 'the program', watched: [], load: async () => program },
    threadAhead,
  });
}

interface GatewayParts {
  /** As it was asked for. */
  readonly program: LoadedProgram;
  readonly plan: ListenPlan;
  readonly places: ListenProposal;
  readonly logger: Logger;
  readonly source: ConfigSource;
  readonly threadAhead: ThreadAhead | undefined;
}

/** What runs between a start and a stop. */
interface Running {
  readonly workers: Workers<Config>;
  readonly programs: ProgramSwitch;
  readonly reloads: Reloads;
  /** To be ended in the reverse order of its start. */
  readonly stack: AsyncDisposableStack;
}

class SluiceGateway implements Gateway {
  readonly #parts: GatewayParts;
  readonly #loadedAtMs = systemClock.wallTime();
  #status: GatewayStatus = 'starting';
  #begun = false;
  #running: Running | null = null;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  get addresses(): readonly Address[] {
    return this.#parts.plan.listeners;
  }

  get adminAddress(): Address | null {
    return this.#parts.plan.admin;
  }

  async start(): Promise<void> {
    if (this.#begun) throw new Error('A gateway can be started once only.');
    this.#begun = true;
    const { logger, plan, source, program, places } = this.#parts;
    const config = withFoundAddresses(program.config, places);
    await checkAccessLog(config);

    // Whatever has been started ends again if a later step throws.
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(createPrivateFolder());
    const gatewaySocket = join(folder.path, 'gateway.sock');
    const store = await openStore(config);
    stack.defer(() => store.close());
    const storeWatch = new StoreWatch(store, logger, consequenceOfLoss(config));
    stack.defer(() => storeWatch.stop());
    const { view, admin, workers, programs, reloads, healthChecks, durations, explainer } = this.#assemble({
      config,
      store,
      gatewaySocket,
    });
    stack.defer(() => explainer.close());

    const internal = await startAdminServer({ view, logger, listen: { socketPath: gatewaySocket } });
    stack.defer(() => internal.close());
    stack.defer(() => admin.close());
    await admin.prepare(plan.admin);
    admin.commit();
    stack.defer(() => workers.terminate());
    await workers.start();
    stack.defer(() => healthChecks.stop());
    healthChecks.start();
    stack.defer(() => durations.stop());
    durations.start();
    const watch = new ConfigWatch({
      files: () => source.watched,
      onChange: () => void reloads.request('a file has changed'),
    });
    stack.defer(() => watch.stop());
    if (source.watched.length > 0) await watch.start();
    void reloads.catchUp();

    this.#running = { workers, programs, reloads, stack: stack.move() };
    this.#status = 'ready';
    this.#tellServing(workers.programmedVersions.length);
    this.#loadEndpoints();
  }

  /** Requests for them wait until they are loaded. */
  #loadEndpoints(): void {
    loadRequestListener().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#parts.logger.log('error', "the gateway's own endpoints cannot be loaded", { reason });
    });
  }

  /** Makes everything that runs in this thread, and starts nothing. */
  #assemble({ config, store, gatewaySocket }: { config: Config; store: KeyStore; gatewaySocket: string }) {
    const { logger, plan, source, threadAhead, program: wanted } = this.#parts;
    const common = { logger, clock: systemClock };
    const memory = layOutMemory(config, countWorkers(config, logger));
    const { state } = memory;
    const first = createRunningProgram({
      program: { ...wanted, config },
      version: 1,
      loadedAtMs: this.#loadedAtMs,
      slots: memory.first.slots,
      before: new Map(),
    });
    const healthChecks = new HealthChecks({ ...common, ...first, states: new TargetStates(state) });
    const durations = new DurationWindow({ ...common, state });
    const keys = new ControlKeys({ store, logger, broadcast: (news) => workers.broadcast(news) });
    const workers = new Workers<Config>(state.shape.workers, {
      ...common,
      entry: workerEntry,
      threadAhead,
      state,
      gatewaySocket,
      program: { version: first.version, config, slots: first.slots, policyModules: first.policyModules },
      answerKey: (question) => keys.reply(question),
    });
    const admin = new AdminListener((listen) => this.#openAdminServer(view, listen));
    const programs = new ProgramSwitch(
      { ...common, ...memory, plan, workers, healthChecks, durations, admin, checkAccessLog, first },
      wanted,
    );
    const reloads = new Reloads({ ...common, source, programs });
    const parts = { ...common, programs, reloads, state, workers, healthChecks, durations, store, keys };
    const explainer = new LiveExplainer({ ...parts, loadPolicies, program: () => programs.current });
    const view = createGatewayView({ ...parts, explainer, version: manifest.version, status: () => this.#status });
    return { view, admin, workers, programs, reloads, healthChecks, durations, explainer };
  }

  #tellServing(workers: number): void {
    const { adminAddress } = this;
    this.#parts.logger.log('info', 'the gateway serves', {
      addresses: this.addresses.map((address) => `http://${formatAddress(address)}`).join(' '),
      admin: adminAddress === null ? undefined : `http://${formatAddress(adminAddress)}`,
      workers,
    });
  }

  async reload(config?: Config, cause = 'the program'): Promise<ReloadOutcome> {
    if (this.#running === null) {
      return { status: 'failure', version: 0, issues: [{ path: '', message: 'the gateway has not been started' }] };
    }
    const { programs, reloads } = this.#running;
    const { policyModules } = programs.current;
    return await reloads.request(cause, config === undefined ? null : { config, policyModules });
  }

  async stop(options: StopOptions = {}): Promise<void> {
    if (this.#running === null || this.#status === 'draining') return;
    const { workers, programs, reloads, stack } = this.#running;
    const timeoutMs = options.timeoutMs ?? programs.current.config.shutdown_timeout;
    this.#status = 'draining';
    this.#parts.logger.log('info', 'the gateway drains', { timeoutMs });
    const lastReload = reloads.stop();
    await workers.drain(timeoutMs);
    await lastReload;
    await stack.disposeAsync();
    this.#parts.logger.log('info', 'the gateway has stopped');
  }

  reopenLogs(): void {
    this.#running?.workers.broadcast({ kind: 'reopen-log' });
  }

  cut(): void {
    this.#running?.workers.broadcast({ kind: 'cut' });
  }

  async #openAdminServer(view: GatewayView, address: Address): Promise<AdminServer> {
    try {
      return await startAdminServer({ view, logger: this.#parts.logger, listen: address });
    } catch (error) {
      throw explainListenError(error, address);
    }
  }
}
