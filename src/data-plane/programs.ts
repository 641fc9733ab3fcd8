import type { PolicyDefinition } from '../core/policy.ts';
import type { Program } from '../core/worker-messages.ts';
import { compileSnapshot, type CompileContext, type SnapshotSource } from '../snapshot/compile.ts';
import type { PolicyContext } from '../snapshot/compile-policies.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { AccessLogs } from './access-logs.ts';
import type { ExchangeStock } from './exchange-stock.ts';
import type { Listeners } from './listeners.ts';
import type { WorkerContext } from './worker-context.ts';

export interface ProgramsInit {
  readonly ctx: WorkerContext;
  readonly compile: Omit<CompileContext, 'policies'>;
  readonly policyHost: PolicyContext['host'];
  readonly loadPolicies: (modules: readonly string[]) => Promise<readonly PolicyDefinition[]>;
  readonly exchanges: ExchangeStock;
  readonly listeners: Listeners;
  readonly accessLogs: AccessLogs;
  /** Told of the configuration that is served from now on. */
  readonly onCommit: (config: SnapshotSource) => void;
}

interface PreparedProgram {
  readonly program: Program<SnapshotSource>;
  readonly snapshot: Snapshot;
}

/**
 * Brings a worker from one configuration to the next, in two steps: what can fail is done first and beside what is
 * served; the change itself cannot fail, and is one for all requests that begin after it.
 */
export class Programs {
  private readonly init: ProgramsInit;
  private prepared: PreparedProgram | null = null;

  constructor(init: ProgramsInit) {
    this.init = init;
  }

  /** Makes ready beside the program that is served. Rejects with why it cannot be served; nothing has changed then. */
  async prepare(program: Program<SnapshotSource>): Promise<void> {
    const { compile, policyHost: host, loadPolicies, listeners } = this.init;
    this.forget();
    try {
      const definitions = await loadPolicies(program.policyModules ?? []);
      const snapshot = compileSnapshot(program, { ...compile, policies: { definitions, host } });
      await listeners.prepare(snapshot.listeners);
      this.prepared = { program, snapshot };
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** Serves what is ready. Throws if that is not this version: only a defect can lead to that. */
  commit(version: number): void {
    const { ctx, compile, exchanges, listeners, accessLogs, onCommit } = this.init;
    const { prepared } = this;
    if (prepared?.program.version !== version) throw new Error(`version ${version} is not ready to be served`);
    this.prepared = null;
    const { config } = prepared.program;
    onCommit(config);
    accessLogs.use(config.access_log === false ? null : config.access_log.file);
    ctx.live.current = prepared.snapshot;
    exchanges.clear();
    compile.resources.commit();
    listeners.commit();
  }

  abandon(version: number): void {
    if (this.prepared?.program.version === version) this.forget();
  }

  private forget(): void {
    this.prepared = null;
    this.init.listeners.abandon();
    this.init.compile.resources.abandon();
  }
}
