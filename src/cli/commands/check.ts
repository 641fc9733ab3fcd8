import { formatIssues } from '../../config/issues.ts';
import type { Command, Invocation } from '../command.ts';
import { describeIssue } from '../describe-issue.ts';
import { describeMissingConfig, loadNamedConfig } from '../config-source.ts';
import type { LoadedConfiguration, RefusedConfiguration } from '../load-configuration.ts';

const help = `Usage: sluice check [FILE] [-c FILE] [--json]

Validates a configuration without opening a port. Exit code 0 when it is valid, 1 with every
error as file:line:column: path: message when it is not.

Options:
  -c, --config FILE  the configuration  (default: sluice.yaml, .yml, .toml or .json in this folder)
      --json         the result as one JSON object

Example:
  sluice check ./sluice.yaml
`;

export const checkCommand: Command = {
  name: 'check',
  summary: 'Validate a configuration without starting anything.',
  help,
  options: { config: { type: 'string', short: 'c' }, json: { type: 'boolean' } },
  run: checkConfig,
};

async function checkConfig(invocation: Invocation): Promise<number> {
  const loaded = await loadNamedConfig(invocation);
  if (loaded === null) {
    invocation.errors.write(describeMissingConfig(invocation.cwd));
    return 1;
  }
  if (invocation.values['json'] === true) {
    invocation.output.write(`${JSON.stringify(describeResult(loaded))}\n`);
  } else if ('issues' in loaded) {
    invocation.errors.write(`${formatIssues(loaded.issues)}\n`);
  } else {
    const { routes, upstreams, listeners } = countParts(loaded);
    const parts = [plural(routes, 'route'), plural(upstreams, 'upstream'), plural(listeners, 'listener')];
    invocation.output.write(`${loaded.file} is valid: ${parts.join(', ')}\n`);
  }
  return 'issues' in loaded ? 1 : 0;
}

function describeResult(loaded: LoadedConfiguration | RefusedConfiguration): object {
  if ('issues' in loaded) return { valid: false, file: loaded.file, issues: loaded.issues.map(describeIssue) };
  return { valid: true, file: loaded.file, ...countParts(loaded) };
}

function countParts({ config }: LoadedConfiguration) {
  return {
    routes: config.routes.length,
    upstreams: Object.keys(config.upstreams).length,
    listeners: config.listeners.length,
  };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
