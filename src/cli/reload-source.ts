import type { ConfigSource } from '../control/config-source.ts';
import type { Invocation } from './command.ts';
import { loadEnvironmentConfig } from './environment-source.ts';
import { loadConfigurationFile } from './load-configuration.ts';

/** The configuration file that a gateway was started with, for it to be read again. */
export function createFileSource(file: string, { env }: Pick<Invocation, 'env'>): ConfigSource {
  return {
    description: file,
    watched: [file],
    load: async () => await loadConfigurationFile(file, env),
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
      return { config: loaded.config, warnings: loaded.warningIssues };
    },
  };
}
