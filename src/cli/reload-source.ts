import { fileURLToPath } from 'node:url';
import type { ConfigSource } from '../control/config-source.ts';
import type { Invocation } from './command.ts';
import { loadEnvironmentConfig } from './environment-source.ts';
import { loadConfigurationFile, type LoadedConfiguration } from './load-configuration.ts';

/** The configuration file that a gateway was started with, for it to be read again. */
export function createFileSource(started: LoadedConfiguration, { env }: Pick<Invocation, 'env'>): ConfigSource {
  const { file } = started;
  let served = started;
  return {
    description: file,
    // A change of a module that it imports, or of one with policies of its own, means another configuration too.
    get watched() {
      const modules = served.policyModules.map((url) => fileURLToPath(url));
      return [...new Set([file, ...served.document.files, ...modules])];
    },
    async load() {
      const loaded = await loadConfigurationFile(file, env);
      if ('config' in loaded) served = loaded;
      return loaded;
    },
  };
}

/**
 * The environment that a gateway was started with. The variables of a process do not change, but its file `.env` may: it
 * is read again when somebody asks for that, and not watched, since programs that it is shared with write to it too.
 */
export function createEnvironmentSource(invocation: Pick<Invocation, 'env' | 'cwd'>): ConfigSource {
  return {
    description: 'the environment',
    watched: [],
    async load() {
      const loaded = loadEnvironmentConfig(invocation);
      if ('issues' in loaded) return { issues: loaded.issues };
      return { config: loaded.config, document: loaded.document, warnings: loaded.warningIssues };
    },
  };
}
