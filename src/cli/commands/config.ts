import { formatResolved, listOrigins, plainResolved } from '../../config/format-resolved.ts';
import type { Document } from '../../config/document.ts';
import { formatIssues } from '../../config/issues.ts';
import { createJsonSchema } from '../../config/json-schema.ts';
import { resolveDocument, type ResolvedValue } from '../../config/resolved-document.ts';
import type { PolicyDefinition } from '../../core/policy.ts';
import { flagNames } from '../../doors/flags.ts';
import { nearest } from '../../lib/edit-distance.ts';
import { builtInPolicies } from '../../policies/index.ts';
import { UsageError, type Command, type Invocation } from '../command.ts';
import { loadNamedConfig } from '../config-source.ts';
import { loadEnvironmentConfig } from '../environment-source.ts';
import { flagOptions } from '../flag-options.ts';
import { loadFlagsConfig } from '../flags-source.ts';
import { readWorkers } from '../gateway-options.ts';

const help = `Usage: sluice config print [FILE] [-c FILE] [--json]
       sluice config print --env [--json]
       sluice config print [-port PORT] [-backends URL,URL] … [--json]
       sluice config schema [FILE] [-c FILE]

print: the whole configuration in YAML, whichever way it is given: every default is filled in, and
each value has a comment that says where it comes from. A secret that comes from a variable is the
reference to it; others are "***", which have to be filled in before it is run. Without a file
and without flags it is the one that "sluice" alone would run with.

schema: the JSON Schema of the language, for editors; with FILE, with the policies of its own.

Options:
  -c, --config FILE  the configuration  (default: as "sluice" finds it)
      --env          environment variables in place of a configuration file
      --json         print: {source, config, origins}, the origins by path
      the flags of "sluice gateway", in place of a configuration file

Examples:
  sluice config print ./sluice.yaml
  sluice config schema > sluice.schema.json
`;

export const configCommand: Command = {
  name: 'config',
  summary: 'Print the whole configuration with its origins, or the JSON Schema of the language.',
  help,
  options: {
    ...flagOptions,
    config: { type: 'string', short: 'c' },
    env: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: runConfigCommand,
};

const actions = ['print', 'schema'] as const;

/** A configuration from any door. */
interface FoundConfig {
  readonly source: string;
  readonly document: Document;
  readonly written: unknown;
  readonly definitions: readonly PolicyDefinition[];
}

async function runConfigCommand(invocation: Invocation): Promise<number> {
  const [name = '', ...positionals] = invocation.positionals;
  const action = actions.find((known) => known === name);
  if (action === undefined) throw new UsageError(describeUnknownAction(name));
  const rest = { ...invocation, positionals };
  return action === 'print' ? await printConfig(rest) : await printSchema(rest);
}

function describeUnknownAction(name: string): string {
  const names = actions.join(' or ');
  if (name === '') return `say what to do with the configuration: ${names}.`;
  const meant = nearest(name, actions);
  const hint = meant === undefined ? `There are ${names}.` : `Did you mean ${meant}?`;
  return `config cannot ${JSON.stringify(name)}. ${hint}`;
}

async function printConfig(invocation: Invocation): Promise<number> {
  const { values, output, errors } = invocation;
  const found = await findConfig(invocation);
  if ('problems' in found) {
    errors.write(found.problems);
    return 1;
  }
  const resolved = withWorkers(resolveDocument(found.document, found.written, found.definitions), readWorkers(values));
  if (values['json'] === true) output.write(`${JSON.stringify(describeResolved(found.source, resolved))}\n`);
  else output.write(`# The configuration from ${found.source}, with every default.\n${formatResolved(resolved)}`);
  return 0;
}

/** A flag that goes with every door, and stands above what they say. */
function withWorkers(resolved: ResolvedValue, workers: number | null): ResolvedValue {
  if (workers === null || resolved.kind !== 'mapping') return resolved;
  const value = { kind: 'scalar', value: workers, origin: '-workers', isReference: false } as const;
  return { ...resolved, entries: resolved.entries.map(([key, own]) => [key, key === 'workers' ? value : own]) };
}

function describeResolved(source: string, resolved: ResolvedValue): object {
  return { source, config: plainResolved(resolved), origins: Object.fromEntries(listOrigins(resolved)) };
}

async function findConfig(invocation: Invocation): Promise<FoundConfig | { problems: string }> {
  const { values, positionals } = invocation;
  const isNamed = positionals.length > 0 || values['config'] !== undefined;
  // Beside a file or the environment, -workers is as "sluice run" takes it.
  const flag = flagNames.find((name) => name !== 'workers' && values[name] !== undefined);
  const isEnvironment = values['env'] === true;
  if (isEnvironment && isNamed) {
    throw new UsageError('--env takes the place of a configuration file: give one of the two.');
  }
  if (flag !== undefined && (isNamed || isEnvironment)) {
    const other = isEnvironment ? '--env' : 'a configuration file';
    throw new UsageError(`-${flag} takes the place of ${other}: give one of the two.`);
  }
  if (flag !== undefined) return findInFlags(invocation);
  if (isEnvironment) return findInEnvironment(invocation);
  const loaded = await loadNamedConfig(invocation);
  if (loaded === null) return findInEnvironment(invocation);
  if ('issues' in loaded) return { problems: `${formatIssues(loaded.issues)}\n` };
  return { source: loaded.file, ...loaded };
}

function findInFlags({ values }: Invocation): FoundConfig | { problems: string } {
  const loaded = loadFlagsConfig(values);
  if ('issues' in loaded) throw new UsageError(formatIssues(loaded.issues));
  return { source: 'flags', ...loaded, definitions: builtInPolicies };
}

function findInEnvironment(invocation: Invocation): FoundConfig | { problems: string } {
  const loaded = loadEnvironmentConfig(invocation);
  if ('problems' in loaded) return loaded;
  return { source: 'environment variables', ...loaded, definitions: builtInPolicies };
}

async function printSchema(invocation: Invocation): Promise<number> {
  const { values, positionals, output, errors } = invocation;
  const other = [...flagNames, 'env'].find((name) => values[name] !== undefined);
  if (other !== undefined) throw new UsageError(`--${other} has nothing to do with the schema.`);
  const isNamed = positionals.length > 0 || values['config'] !== undefined;
  const loaded = isNamed ? await loadNamedConfig(invocation) : null;
  if (loaded !== null && 'issues' in loaded) {
    errors.write(`${formatIssues(loaded.issues)}\n`);
    return 1;
  }
  output.write(`${JSON.stringify(createJsonSchema(loaded?.definitions ?? builtInPolicies), null, 2)}\n`);
  return 0;
}
