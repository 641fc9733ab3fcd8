import { resolve } from 'node:path';
import { configFileNames, findConfigFile } from '../doors/file.ts';
import { readText, UsageError, type Invocation } from './command.ts';
import { loadConfigurationFile, type LoadedConfiguration, type RefusedConfiguration } from './load-configuration.ts';
import { shortenPath } from './short-path.ts';

/**
 * Loads the file that the command line names as its argument or by `--config`, or the one that is found in the working
 * folder; null where there is none.
 */
export async function loadNamedConfig(
  invocation: Invocation,
): Promise<LoadedConfiguration | RefusedConfiguration | null> {
  const file = nameFile(invocation);
  return file === null ? null : await loadConfigurationFile(file, invocation.env);
}

/** The path of that file, null where there is none. */
function nameFile({ values, positionals, cwd }: Invocation): string | null {
  const [argument, extra] = positionals;
  const option = readText(values, 'config', '');
  if (extra !== undefined) throw new UsageError(`one FILE is expected, but ${JSON.stringify(extra)} is given too.`);
  if (argument !== undefined && option !== '')
    throw new UsageError('name the FILE as an argument or by --config, not both.');
  const named = argument ?? option;
  if (named === '') {
    const found = findConfigFile(cwd);
    return found === undefined ? null : shortenPath(found, cwd);
  }
  // As it was written where that is enough: issues begin with it.
  return resolve(cwd, named) === resolve(named) ? named : resolve(cwd, named);
}

/** What to tell somebody in whose folder no configuration file was found. */
export function describeMissingConfig(cwd: string): string {
  const names = `${configFileNames.slice(0, -1).join(', ')} or ${configFileNames.at(-1)}`;
  return (
    `There is no configuration: no ${names} in ${cwd}.\n` +
    'Name a file with "sluice run FILE", or try "sluice demo", which needs none.\n'
  );
}
