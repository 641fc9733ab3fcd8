import { formatIssues } from '../config/issues.ts';
import type { ThreadAhead } from '../control/thread-ahead.ts';
import { UsageError, type Invocation } from './command.ts';
import { loadFlagsConfig } from './flags-source.ts';
import { runGateway } from './gateway-run.ts';

/** Runs the gateway that the flags of an invocation stand for. */
export async function runFlags(invocation: Invocation, threadAhead: ThreadAhead): Promise<number> {
  const loaded = loadFlagsConfig(invocation.values);
  if ('issues' in loaded) throw new UsageError(formatIssues(loaded.issues));
  return await runGateway({ config: loaded.config, invocation, threadAhead });
}
