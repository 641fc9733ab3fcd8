import { formatIssues } from '../../config/issues.ts';
import type { Command, Invocation } from '../command.ts';
import { describeMissingConfig, loadNamedConfig } from '../config-source.ts';
import { gatewayOptions, readLogLevel, readWorkers, runGateway } from '../gateway-run.ts';

const help = `Usage: sluice run [FILE] [-c FILE] [--workers N] [--log-level LEVEL]

Runs the gateway in the foreground. SIGTERM and SIGINT let requests under way end; a second
signal ends it at once.

Options:
  -c, --config FILE      the configuration  (default: sluice.yaml, .yml, .toml or .json in this folder)
      --workers N        worker threads that serve traffic    (default: as configured, or one per core)
      --log-level LEVEL  debug, info, warn or error, of its own log on the error stream (default: info)

Example:
  sluice run ./sluice.yaml --workers 2
`;

export const runCommand: Command = {
  name: 'run',
  summary: 'Run the gateway in the foreground.',
  help,
  options: { config: { type: 'string', short: 'c' }, ...gatewayOptions },
  run: runFromFile,
};

async function runFromFile(invocation: Invocation): Promise<number> {
  const { values, errors, cwd } = invocation;
  // A wrong flag is told before anything that is wrong with the file.
  readWorkers(values);
  readLogLevel(values);
  const loaded = loadNamedConfig(invocation);
  if (loaded === null) {
    errors.write(describeMissingConfig(cwd));
    return 1;
  }
  if ('issues' in loaded) {
    errors.write(`${formatIssues(loaded.issues)}\n`);
    return 1;
  }
  return await runGateway({ config: loaded.config, invocation });
}
