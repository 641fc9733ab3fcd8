import { formatIssues } from '../../config/issues.ts';
import { configFileNames } from '../../doors/file.ts';
import { UsageError, type Command, type Invocation } from '../command.ts';
import { describeMissingConfig, loadNamedConfig } from '../config-source.ts';
import { loadEnvironmentConfig } from '../environment-source.ts';
import { gatewayOptions, readLogLevel, readWorkers, runGateway } from '../gateway-run.ts';
import { createEnvironmentSource, createFileSource } from '../reload-source.ts';

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
  run: async (invocation) => await runConfigured(invocation, describeMissingConfig),
};

/** What runs without a command word: without a configuration file the environment counts. */
export const bareCommand: Command = { ...runCommand, run: async (invocation) => await runConfigured(invocation, null) };

/** @param describeMissing what to tell where there is no configuration file; null takes the environment then */
async function runConfigured(
  invocation: Invocation,
  describeMissing: ((cwd: string) => string) | null,
): Promise<number> {
  const { values, positionals, errors, cwd } = invocation;
  // A wrong flag is told before anything that is wrong with the file.
  readWorkers(values);
  readLogLevel(values);
  if (values['env'] === true) {
    if (positionals.length > 0 || values['config'] !== undefined) {
      throw new UsageError('--env takes the place of a configuration file: give one of the two.');
    }
    return await runFromEnvironment(invocation, '');
  }
  const loaded = await loadNamedConfig(invocation);
  if (loaded === null && describeMissing === null) {
    const names = `${configFileNames.slice(0, -1).join(', ')} or ${configFileNames.at(-1)}`;
    return await runFromEnvironment(
      invocation,
      `There is no ${names} in ${cwd}, so environment variables count ("sluice demo" needs none):\n`,
    );
  }
  if (loaded === null) {
    errors.write(describeMissing?.(cwd) ?? '');
    return 1;
  }
  if ('issues' in loaded) {
    errors.write(`${formatIssues(loaded.issues)}\n`);
    return 1;
  }
  return await runGateway({
    config: loaded.config,
    policyModules: loaded.policyModules,
    warnings: loaded.warnings,
    invocation,
    source: createFileSource(loaded, invocation),
  });
}

/** @param preface why the environment counts, to be told where something is wrong with it */
async function runFromEnvironment(invocation: Invocation, preface: string): Promise<number> {
  const { values, errors } = invocation;
  const loaded = loadEnvironmentConfig(invocation);
  if ('problems' in loaded) {
    errors.write(`${preface}${loaded.problems}`);
    return 1;
  }
  errors.write(loaded.warnings);
  const withLevel = { ...invocation, values: { 'log-level': loaded.logLevel, ...values } };
  return await runGateway({
    config: loaded.config,
    invocation: withLevel,
    source: createEnvironmentSource(invocation),
  });
}
