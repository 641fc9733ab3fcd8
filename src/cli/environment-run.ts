import type { ConfigSource } from '../control/config-source.ts';
import type { ThreadAhead } from '../control/thread-ahead.ts';
import type { Invocation } from './command.ts';
import { loadEnvironmentConfig } from './environment-source.ts';
import { runGateway } from './gateway-run.ts';

/** @param preface why the environment counts, to be told where something is wrong with it */
export async function runFromEnvironment(
  invocation: Invocation,
  threadAhead: ThreadAhead,
  preface: string,
): Promise<number> {
  const { values, errors } = invocation;
  const loaded = loadEnvironmentConfig(invocation);
  if ('problems' in loaded) {
    errors.write(`${preface}${loaded.problems}`);
    return 1;
  }
  errors.write(loaded.warnings);
  const withLevel = { ...invocation, values: { 'log-level': loaded.logLevel, ...values } };
  return await runGateway({
    config: loaded.config,
    invocation: withLevel,
    source: createEnvironmentSource(invocation),
    threadAhead,
  });
}

/**
 * The environment that a gateway was started with. The variables of a process do not change, but its file `.env` may: it
 * is read again when somebody asks for that, and not watched, since programs that it is shared with write to it too.
 */
function createEnvironmentSource(invocation: Pick<Invocation, 'env' | 'cwd'>): ConfigSource {
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
