import { formatIssues } from '../config/issues.ts';
import type { Config } from '../config/schema.ts';
import { readText, UsageError, type Invocation } from './command.ts';
import { loadNamedConfig } from './config-source.ts';
import { loadEnvironmentConfig } from './environment-source.ts';

/**
 * Where the keys are that a command is about: as `--store` says, or else the configuration, which is found as `sluice`
 * without a command finds it. Null where that cannot be told, which has been said then.
 */
export async function findStore(invocation: Invocation): Promise<string | null> {
  const { values, errors } = invocation;
  if (values['env'] === true && values['config'] !== undefined) {
    throw new UsageError('--env takes the place of a configuration file: give one of the two.');
  }
  const named = readText(values, 'store', '');
  const location = named === '' ? (await loadConfigured(invocation))?.store : named;
  if (location !== 'memory') return location ?? null;
  errors.write(
    'The store is "memory": its keys are in the running gateway only, and its admin API makes them.\n' +
      'Configure another store, such as sqlite:./data/sluice.db, or name one with --store.\n',
  );
  return null;
}

async function loadConfigured(invocation: Invocation): Promise<Config | null> {
  const { values, errors } = invocation;
  // The positionals of such a command are no file.
  const loaded = values['env'] === true ? null : await loadNamedConfig({ ...invocation, positionals: [] });
  if (loaded === null) return loadFromEnvironment(invocation);
  if ('config' in loaded) return loaded.config;
  errors.write(`${formatIssues(loaded.issues)}\n`);
  return null;
}

function loadFromEnvironment(invocation: Invocation): Config | null {
  const loaded = loadEnvironmentConfig(invocation);
  if ('config' in loaded) return loaded.config;
  const preface =
    invocation.values['env'] === true ? '' : 'There is no configuration file, so the environment counts:\n';
  invocation.errors.write(`${preface}${loaded.problems}`);
  return null;
}
