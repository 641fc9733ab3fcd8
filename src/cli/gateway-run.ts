import { once } from 'node:events';
import { createGateway, type Gateway } from '../app.ts';
import { issueLine } from '../config/issue-record.ts';
import type { Issue } from '../config/issues.ts';
import type { Config } from '../config/schema.ts';
import type { ConfigSource } from '../control/config-source.ts';
import { StartError } from '../control/start-error.ts';
import type { ThreadAhead } from '../control/thread-ahead.ts';
import { createLogger, prepareLogging } from '../telemetry/logger.ts';
import type { Invocation } from './command.ts';
import { readLogLevel, readWorkers } from './gateway-options.ts';

export interface GatewayRun {
  readonly config: Config;
  /** The modules of the configuration's own policies. */
  readonly policyModules?: readonly string[];
  readonly invocation: Invocation;
  /** Where the configuration is read again; nowhere where it cannot change. */
  readonly source?: ConfigSource;
  /** What is to be told of the configuration, though it can be served. */
  readonly warnings?: readonly Issue[];
  /** A thread for the first worker that loads its code already. */
  readonly threadAhead?: ThreadAhead;
  /** What to add to the reason when the gateway cannot start. */
  readonly hint?: string;
  /** Called once every worker serves. */
  readonly onServing?: (gateway: Gateway) => void;
}

/**
 * Serves until the invocation's signal is aborted, and lets requests under way end then.
 *
 * @returns the exit code: 1 where the gateway could not start, which has been told on the error stream
 */
export async function runGateway({
  config,
  policyModules = [],
  invocation,
  source,
  warnings = [],
  threadAhead,
  hint = '',
  onServing,
}: GatewayRun): Promise<number> {
  const { values, errors, signal } = invocation;
  const workers = readWorkers(values);
  const logger = createLogger({ level: readLogLevel(values), stream: errors });
  invocation.outliveFailures?.(logger);
  for (const warning of warnings) {
    logger.log('warn', 'the configuration may not mean what it says', { issue: issueLine(warning) });
  }
  let gateway: Gateway;
  try {
    gateway = await createGateway({
      config: withWorkers(config, workers),
      policyModules,
      logger,
      ...(source === undefined ? {} : { source: overrideWorkers(source, workers) }),
      ...(threadAhead === undefined ? {} : { threadAhead }),
    });
    await gateway.start();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    errors.write(`${error.message}${hint}\n`);
    return 1;
  }
  invocation.onHangup(() => {
    gateway.reopenLogs();
    if (source !== undefined) void gateway.reload(undefined, 'SIGHUP');
  });
  invocation.onForcedEnd(() => gateway.cut());
  onServing?.(gateway);
  prepareLogging(errors);
  if (!signal.aborted) await once(signal, 'abort');
  await gateway.stop();
  return 0;
}

function withWorkers(config: Config, workers: number | null): Config {
  return workers === null ? config : { ...config, workers };
}

/** What a flag says stands above what a configuration says, each time that it is read. */
function overrideWorkers(source: ConfigSource, workers: number | null): ConfigSource {
  return {
    description: source.description,
    get watched() {
      return source.watched;
    },
    async load() {
      const loaded = await source.load();
      return 'config' in loaded ? { ...loaded, config: withWorkers(loaded.config, workers) } : loaded;
    },
  };
}
