import { ThreadAhead } from '../../control/thread-ahead.ts';
import { readInteger, UsageError, type Command, type Invocation } from '../command.ts';
import { gatewayOptions, readLogLevel, readWorkers } from '../gateway-options.ts';
import { workerEntry } from '../worker-entry.ts';

const backendCount = 3;

const help = `Usage: sluice demo [--port PORT] [--backend-port PORT] [--workers N] [--log-level LEVEL]

Runs a gateway with three mock backends in one process, on this machine only, and prints what to
try. Nothing is needed but this command.

Options:
  --port PORT          port of the gateway, 0 for any free one                 (default: 8080)
  --backend-port PORT  port of the first backend; the others take the next two (default: 8081)
  --workers N          worker threads that serve traffic                       (default: one per core)
  --log-level LEVEL    debug, info, warn or error                              (default: info)

Example:
  sluice demo --port 9000
`;

export const demoCommand: Command = {
  name: 'demo',
  summary: 'Run the gateway with three mock backends, and print what to try.',
  help,
  options: { port: { type: 'string' }, 'backend-port': { type: 'string' }, ...gatewayOptions },
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { values, positionals } = invocation;
  const [extra] = positionals;
  if (extra !== undefined) throw new UsageError(`demo takes no argument, but got ${JSON.stringify(extra)}.`);
  const port = readInteger(values, 'port', { fallback: 8080, minimum: 0, maximum: 65_535 });
  const backendPort = readInteger(values, 'backend-port', {
    fallback: 8081,
    minimum: 0,
    maximum: 65_536 - backendCount,
  });
  readWorkers(values);
  readLogLevel(values);
  await using threadAhead = new ThreadAhead(workerEntry);
  const { runDemo } = await import('../demo-run.ts');
  return await runDemo(invocation, { port, backendPort, backendCount, threadAhead });
}
