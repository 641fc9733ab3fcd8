import type { Gateway } from '../app.ts';
import { formatAddress } from '../config/address.ts';
import { documentFromValue } from '../config/document.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { ThreadAhead } from '../control/thread-ahead.ts';
import { startMockBackend, type MockBackend } from '../mock-backend/server.ts';
import { builtInPolicies } from '../policies/index.ts';
import type { Invocation } from './command.ts';
import { runGateway } from './gateway-run.ts';
import { createStyle } from './terminal.ts';

const host = '127.0.0.1';

interface DemoSetting {
  readonly port: number;
  /** Of the first backend; 0 for any free one for each. */
  readonly backendPort: number;
  readonly backendCount: number;
  readonly threadAhead: ThreadAhead;
}

/** Runs a gateway with mock backends until the invocation's signal is aborted. */
export async function runDemo(invocation: Invocation, setting: DemoSetting): Promise<number> {
  const { port, backendPort, backendCount, threadAhead } = setting;
  const { errors } = invocation;
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
      threadAhead,
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
