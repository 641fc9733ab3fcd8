import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tellProgress } from './measurement.ts';
import { runProcess } from './processes.ts';
import { requirePrograms } from './programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * The folder of a package that only a comparison needs, installed into the run's temporary folder, so that it is no
 * dependency of this repository. Rejects where the registry cannot be reached. No script of the package is run.
 */
export async function installPackage(name: string, version: string): Promise<string> {
  const folder = join(temporaryFolder(), `package-${name}`);
  const installed = join(folder, 'node_modules', name);
  if (existsSync(installed)) return installed;
  const { npm } = requirePrograms('npm');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  tellProgress(`installing ${name}@${version} in a temporary folder`);
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1'];
  try {
    await runProcess({
      name: `npm-${name}`,
      command: npm,
      parameters: ['install', '--prefix', folder, ...flags, `${name}@${version}`],
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 300) : String(error);
    throw new Error(`${name}@${version} could not be installed from the registry: ${reason}`, { cause: error });
  }
  return installed;
}
