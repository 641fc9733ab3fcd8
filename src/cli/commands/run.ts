import { ThreadAhead } from '../../control/thread-ahead.ts';
import { UsageError, type Command, type Invocation } from '../command.ts';
import type { WithoutFile } from '../configured-run.ts';
import { gatewayOptions, readLogLevel, readWorkers } from '../gateway-options.ts';
import { workerEntry } from '../worker-entry.ts';

const help = `Usage: sluice run [FILE] [-c FILE] [--workers N] [--log-level LEVEL]
       sluice run --env [--workers N] [--log-level LEVEL]

Runs the gateway in the foreground. SIGTERM and SIGINT let requests under way end; a second
signal ends it at once. A changed configuration file is loaded while it runs; SIGHUP loads it too,
and opens the access log anew.

Options:
  -c, --config FILE      the configuration  (default: sluice.yaml, .yml, .toml, .json or
                         sluice.config.ts, .js, .mjs in this folder)
      --env              environment variables and the file .env of this folder in place of a
                         configuration file; .env.example has all of them. "sluice" alone does
                         this too where there is no configuration file
      --workers N        worker threads that serve traffic    (default: as configured, or one per core)
      --log-level LEVEL  debug, info, warn or error, of its own log on the error stream (default: info)

Examples:
  sluice run ./sluice.yaml --workers 2
  ADMIN_PASSWORD=change-me PORT=8081 sluice run --env
`;

export const runCommand: Command = {
  name: 'run',
  summary: 'Run the gateway in the foreground.',
  help,
  options: { config: { type: 'string', short: 'c' }, env: { type: 'boolean' }, ...gatewayOptions },
  run: async (invocation) => await runWithThreadAhead(invocation, 'told'),
};

/** What runs without a command word: without a configuration file the environment counts. */
export const bareCommand: Command = {
  ...runCommand,
  run: async (invocation) => await runWithThreadAhead(invocation, 'environment'),
};

/** All that reads a configuration is loaded while a worker thread loads what serves it. */
async function runWithThreadAhead(invocation: Invocation, withoutFile: WithoutFile): Promise<number> {
  const { values, positionals } = invocation;
  // A wrong flag is told before anything that is wrong with the file.
  readWorkers(values);
  readLogLevel(values);
  if (values['env'] === true && (positionals.length > 0 || values['config'] !== undefined)) {
    throw new UsageError('--env takes the place of a configuration file: give one of the two.');
  }
  await using threadAhead = new ThreadAhead(workerEntry);
  const { runConfigured } = await import('../configured-run.ts');
  return await runConfigured(invocation, withoutFile, threadAhead);
}
