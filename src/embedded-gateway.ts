import { fileURLToPath } from 'node:url';
import { createGateway, type Gateway } from './app.ts';
import { loadDocument } from './cli/load-document.ts';
import { ConfigError } from './config/config-error.ts';
import { createIssue, fillDocument } from './config/document.ts';
import { issueLine } from './config/issue-record.ts';
import type { WrittenConfig } from './config/written-config.ts';
import type { ConfigSource, SourcedConfig } from './control/config-source.ts';
import type { ReloadOutcome } from './control/reloads.ts';
import type { Logger } from './core/ports.ts';
import { copyPlainValue } from './doors/plain-value.ts';
import type { WrittenPolicy } from './policies/written-policy.ts';
import { createLogger } from './telemetry/logger.ts';

/** A configuration as `defineConfig` returns it, or any plain data of that form. */
export type EmbeddedConfig = WrittenConfig<string, WrittenPolicy>;

export interface EmbeddedGatewayOptions {
  /** `${NAME}` within its texts is filled in from `process.env`, as in a file. */
  readonly config: EmbeddedConfig;
  /** Where the paths in `custom_policies` begin. Default: the working folder. */
  readonly folder?: string;
  /** Default: events from `info` up on the standard error stream. */
  readonly logger?: Logger;
  /**
   * Makes the configuration anew, for a reload that is not given one: `gateway.reload()`, `POST /admin/config/reload`, a
   * changed file. Default: the one that was given last, with the modules of its policies read again.
   */
  readonly load?: () => EmbeddedConfig | Promise<EmbeddedConfig>;
  /** Files that a change of asks for a reload, besides the modules in `custom_policies`. */
  readonly watched?: readonly string[];
}

export interface EmbeddedGateway extends Omit<Gateway, 'reload'> {
  /**
   * Serves this configuration from now on, or what `load` makes. Never rejects: one that cannot be served changes nothing,
   * and the outcome has the issues.
   */
  reload(config?: EmbeddedConfig): Promise<ReloadOutcome>;
}

/**
 * Checks a configuration and makes a gateway of it, ready to be started, once.
 *
 * @throws ConfigError when the configuration is wrong
 * @throws StartError when an address cannot be listened on
 */
export async function createEmbeddedGateway(options: EmbeddedGatewayOptions): Promise<EmbeddedGateway> {
  const logger = options.logger ?? createLogger({ level: 'info', stream: process.stderr });
  const source = new ProgramSource(options);
  const first = await source.load();
  if ('issues' in first) throw new ConfigError(first.issues);
  for (const warning of first.warnings ?? []) {
    logger.log('warn', 'the configuration may not mean what it says', { issue: issueLine(warning) });
  }
  const { config, policyModules = [] } = first;
  const gateway = await createGateway({ config, policyModules, logger, source });
  return {
    get addresses() {
      return gateway.addresses;
    },
    get adminAddress() {
      return gateway.adminAddress;
    },
    start: () => gateway.start(),
    async reload(wanted) {
      if (wanted !== undefined) source.give(wanted);
      return await gateway.reload();
    },
    reopenLogs: () => gateway.reopenLogs(),
    cut: () => gateway.cut(),
    stop: (stopOptions) => gateway.stop(stopOptions),
  };
}

/** The configuration that the program has given, or makes. */
class ProgramSource implements ConfigSource {
  readonly description = 'the program';
  readonly #options: EmbeddedGatewayOptions;
  /** Null once it has been read, where the program makes the next one. */
  #given: EmbeddedConfig | null;
  #modules: readonly string[] = [];

  constructor(options: EmbeddedGatewayOptions) {
    this.#options = options;
    this.#given = options.config;
  }

  get watched(): readonly string[] {
    return [...new Set([...(this.#options.watched ?? []), ...this.#modules])];
  }

  /** The next reload takes this one. */
  give(config: EmbeddedConfig): void {
    this.#given = config;
  }

  async load(): Promise<SourcedConfig> {
    const { folder = process.cwd(), load, config } = this.#options;
    const given = this.#given;
    if (load !== undefined) this.#given = null;
    const written = given ?? (await load?.()) ?? config;
    const locate = () => ({ label: 'config' });
    const { value, problems } = copyPlainValue(written);
    const filled = fillDocument(value, { source: 'config', files: [], locate, variables: process.env });
    const notPlain = problems.map((problem) => createIssue({ locate }, problem.path, problem));
    const loaded = await loadDocument({ ...filled, issues: [...notPlain, ...filled.issues] }, folder);
    if ('config' in loaded) this.#modules = loaded.policyModules.map((url) => fileURLToPath(url));
    return loaded;
  }
}
