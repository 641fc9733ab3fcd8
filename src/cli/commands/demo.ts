import type { Gateway } from '../../app.ts';
import { formatAddress } from '../../config/address.ts';
import { documentFromValue } from '../../config/document.ts';
import { loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { builtInPolicies } from '../../policies/index.ts';
import { startMockBackend, type MockBackend } from '../../mock-backend/server.ts';
import { readInteger, UsageError, type Command, type Invocation } from '../command.ts';
import { gatewayOptions, readLogLevel, readWorkers, runGateway } from '../gateway-run.ts';
import { createStyle } from '../terminal.ts';

const host = '127.0.0.1';
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
  run: runDemo,
};

async function runDemo(invocation: Invocation): Promise<number> {
  const { values, positionals, errors } = invocation;
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

  const backends: MockBackend[] = [];
  try {
    for (let index = 0; index < backendCount; index += 1) {
      const ownPort = backendPort === 0 ? 0 : backendPort + index;
      backends.push(await startMockBackend({ name: `Backend-${index + 1}`, port: ownPort, host }));
    }
  } catch (error) {
    errors.write(`${(error as Error).message} The flag --backend-port changes the ports of the backends.\n`);
    await closeAll(backends);
    return 1;
  }
  try {
    return await runGateway({
      config: createDemoConfig(port, backends),
      invocation,
      hint: ' The flag --port changes the port of the gateway.',
      onServing: (gateway) => printWhatToTry(gateway, backends, invocation),
    });
  } finally {
    await closeAll(backends);
  }
}

async function closeAll(backends: readonly MockBackend[]): Promise<void> {
  await Promise.all(backends.map((backend) => backend.close()));
}

function createDemoConfig(port: number, backends: readonly MockBackend[]): Config {
  const value = {
    listeners: [{ address: `${host}:${port}` }],
    admin: { address: 'main' },
    upstreams: {
      demo: {
        targets: backends.map((backend) => backend.url),
        // Short, so that a backend that is switched off is left out while somebody watches.
        health: { interval: '2s', timeout: '1s' },
      },
    },
    routes: [{ name: 'demo', match: { path: '/*' }, upstream: 'demo' }],
  };
  const loaded = loadConfig(documentFromValue(value, 'the demo'), builtInPolicies);
  if ('issues' in loaded)
    throw new Error(`The configuration of the demo is not valid: ${JSON.stringify(loaded.issues)}`);
  return loaded.config;
}

function printWhatToTry(gateway: Gateway, backends: readonly MockBackend[], { output, env }: Invocation): void {
  const [address] = gateway.addresses;
  if (address === undefined) return;
  const url = `http://${formatAddress(address)}`;
  const second = backends[1]?.url ?? '';
  const style = createStyle(output, env);
  const tries: readonly (readonly [string, string])[] = [
    [`curl ${url}/api/data`, 'several times: the backends take turns'],
    [`curl -d '{"hello":"world"}' ${url}/api/echo`, 'a body, and what a backend received'],
    [`curl ${url}/health`, 'how many backends are healthy'],
    [`curl -X POST ${second}/health/down`, 'switches Backend-2 off: after 2 s it gets no more requests'],
    [`curl -X POST ${second}/health/up`, 'and on again'],
    [`curl -X POST '${second}/fail?status=503&count=5'`, 'the next five answers of Backend-2 fail'],
    [`curl -i --path-as-is ${url}/api/nothing/../data`, 'the path that a backend sees is the normalised one'],
    [`curl ${url}/services/health`, 'each backend and its last health check'],
    [`curl ${url}/metrics`, 'counts and durations for Prometheus'],
  ];
  const lines = tries.map(([command, meaning]) => `  ${style.bold(command)}\n      ${style.dim(meaning)}\n`);
  output.write(
    `The gateway listens on ${style.bold(url)}, in front of ${backends.map((backend) => backend.url).join(', ')}.\n\n` +
      `Try, in another terminal:\n${lines.join('')}\nCtrl-C stops everything.\n`,
  );
}
