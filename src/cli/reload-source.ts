import { fileURLToPath } from 'node:url';
import type { ConfigSource } from '../control/config-source.ts';
import type { Invocation } from './command.ts';
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
