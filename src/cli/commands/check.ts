import { recordIssue, recordIssues } from '../../config/issue-record.ts';
import { formatIssues, type Issue } from '../../config/issues.ts';
import type { Command, Invocation } from '../command.ts';
import { describeMissingConfig, loadNamedConfig } from '../config-source.ts';
import type { LoadedConfiguration, RefusedConfiguration } from '../load-configuration.ts';

const help = `Usage: sluice check [FILE] [-c FILE] [--strict] [--json]

Validates a configuration without opening a port. Exit code 0 when it is valid, 1 with every
error as file:line:column: path: message when it is not. What is valid but hardly meant is told
too, with a number: docs/lints.md says what each is about and how to switch it off.

Options:
  -c, --config FILE  the configuration  (default: sluice.yaml, .yml, .toml, .json or
                     sluice.config.ts, .js, .mjs in this folder)
      --strict       exit code 1 for what is hardly meant too
      --json         the result as one JSON object

Example:
  sluice check ./sluice.yaml
`;

export const checkCommand: Command = {
  name: 'check',
  summary: 'Validate a configuration without starting anything.',
  help,
  options: {
    config: { type: 'string', short: 'c' },
    strict: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: checkConfig,
};

async function checkConfig(invocation: Invocation): Promise<number> {
  const { values, output, errors } = invocation;
  const loaded = await untilAborted(loadNamedConfig(invocation), invocation.signal);
  // The signal says how the program ends; a module that does not let go holds up its own thread only.
  if (loaded === 'aborted') return 1;
  if (loaded === null) {
    errors.write(describeMissingConfig(invocation.cwd));
    return 1;
  }
  if (values['json'] === true) {
    output.write(`${JSON.stringify(describeResult(loaded))}\n`);
  } else if ('issues' in loaded) {
    errors.write(`${formatIssues(loaded.issues)}\n`);
  } else {
    if (loaded.warnings.length > 0) errors.write(`${formatIssues(loaded.warnings)}\n`);
    output.write(`${summarise(loaded)}\n`);
  }
  if ('issues' in loaded) return 1;
  return values['strict'] === true && loaded.warnings.length > 0 ? 1 : 0;
}

async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | 'aborted'> {
  const { promise, resolve } = Promise.withResolvers<'aborted'>();
  const onAbort = () => resolve('aborted');
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function summarise(loaded: LoadedConfiguration): string {
  const { routes, upstreams, listeners } = countParts(loaded);
  const parts = [plural(routes, 'route'), plural(upstreams, 'upstream'), plural(listeners, 'listener')];
  const findings = loaded.warnings.length === 0 ? '' : `; ${plural(loaded.warnings.length, 'finding')}`;
  return `${loaded.file} is valid: ${parts.join(', ')}${findings}`;
}

function describeResult(loaded: LoadedConfiguration | RefusedConfiguration): object {
  const { file } = loaded;
  if ('issues' in loaded) {
    const { issues } = loaded;
    return { valid: false, file, issue_count: issues.length, issues: recordIssues(issues), findings: [] };
  }
  return {
    valid: true,
    file,
    ...countParts(loaded),
    issue_count: 0,
    issues: [],
    findings: loaded.warnings.map(recordFinding),
  };
}

function recordFinding(finding: Issue): object {
  return { lint: finding.lint ?? null, ...recordIssue(finding) };
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
