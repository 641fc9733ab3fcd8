import { ThreadAhead } from '../../control/thread-ahead.ts';
import { flagDefaults } from '../../doors/flags.ts';
import { UsageError, type Command, type Invocation } from '../command.ts';
import { flagOptions } from '../flag-options.ts';
import { gatewayOptions, readLogLevel } from '../gateway-options.ts';
import { workerEntry } from '../worker-entry.ts';

const help = `Usage: sluice gateway [-port PORT] [-backends URL,URL] [-rate-limit N] [-key-rate-limit N]
                      [-keys KEY,KEY] [-log-file FILE] [-health-interval DURATION]
                      [-workers N] [-log-level LEVEL]

Runs the gateway with flags instead of a configuration file: everything is sent to the backends
in turn. "sluice -mode gateway" is the same, and "-mode gateway" may be left out.

Options:
  -port PORT             listening port                           (default: ${flagDefaults.port})
  -backends URL,URL      where requests go
                         (default: ${flagDefaults.backends})
  -rate-limit N          requests a minute without a key, for each client IP; as many at once
                                                                  (default: ${flagDefaults['rate-limit']})
  -key-rate-limit N      requests a minute for each API key       (default: ${flagDefaults['key-rate-limit']})
  -keys KEY,KEY          API keys; empty for none
                         (default: ${flagDefaults.keys})
  -log-file FILE         access log, one JSON object a line; - is the standard output
                                                                  (default: ${flagDefaults['log-file']})
  -health-interval TIME  between the health checks of a backend   (default: ${flagDefaults['health-interval']})
  -workers N             worker threads that serve traffic        (default: one per core)
  -log-level LEVEL       debug, info, warn or error, of its own log on the error stream
                                                                  (default: info)

Examples:
  sluice gateway -backends http://localhost:8081,http://localhost:8082,http://localhost:8083
  sluice -mode gateway -port 8080 -rate-limit 200 -key-rate-limit 2000
`;

export const gatewayCommand: Command = {
  name: 'gateway',
  summary: 'Run the gateway that flags describe, without a configuration file.',
  help,
  options: {
    ...flagOptions,
    ...gatewayOptions,
  },
  run: runFromFlags,
};

async function runFromFlags(invocation: Invocation): Promise<number> {
  const { values, positionals } = invocation;
  const [extra] = positionals;
  if (extra !== undefined) {
    throw new UsageError(
      `gateway takes no argument, but got ${JSON.stringify(extra)}. A command stands before its flags.`,
    );
  }
  readLogLevel(values);
  await using threadAhead = new ThreadAhead(workerEntry);
  const { runFlags } = await import('../flags-run.ts');
  return await runFlags(invocation, threadAhead);
}
