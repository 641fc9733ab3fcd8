import { formatIssues } from '../config/issues.ts';
import type { ThreadAhead } from '../control/thread-ahead.ts';
import { configFileNames } from '../doors/file.ts';
import type { Invocation } from './command.ts';
import { describeMissingConfig, loadNamedConfig } from './config-source.ts';
import { runGateway } from './gateway-run.ts';
import { createFileSource } from './reload-source.ts';

/** What counts where there is no configuration file: nothing, which is told, or the environment. */
export type WithoutFile = 'told' | 'environment';

/** Runs the gateway of a configuration file or, with `--env`, of the environment. */
export async function runConfigured(
  invocation: Invocation,
  withoutFile: WithoutFile,
  threadAhead: ThreadAhead,
): Promise<number> {
  const { values, errors, cwd } = invocation;
  if (values['env'] === true) return await runEnvironment(invocation, threadAhead, '');
  const loaded = await loadNamedConfig(invocation);
  if (loaded === null && withoutFile === 'environment') {
    const names = `${configFileNames.slice(0, -1).join(', ')} or ${configFileNames.at(-1)}`;
    return await runEnvironment(
      invocation,
      threadAhead,
      `There is no ${names} in ${cwd}, so environment variables count ("sluice demo" needs none):\n`,
    );
  }
  if (loaded === null) {
    errors.write(describeMissingConfig(cwd));
    return 1;
  }
  if ('issues' in loaded) {
    errors.write(`${formatIssues(loaded.issues)}\n`);
    return 1;
  }
  return await runGateway({
    config: loaded.config,
    policyModules: loaded.policyModules,
    warnings: loaded.warnings,
    invocation,
    source: createFileSource(loaded, invocation),
    threadAhead,
  });
}

async function runEnvironment(invocation: Invocation, threadAhead: ThreadAhead, preface: string): Promise<number> {
  const { runFromEnvironment } = await import('./environment-run.ts');
  return await runFromEnvironment(invocation, threadAhead, preface);
}
