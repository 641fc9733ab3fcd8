import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, type Launch, type StartedProcess } from './processes.ts';
import { waitForAnswer } from './readiness.ts';
import { temporaryFolder } from './temporary-folder.ts';

const thisCheckout = join(import.meta.dirname, '..');

export interface GatewaySetting {
  readonly port: number;
  /** The only target, on the loopback interface. */
  readonly targetPort: number;
  readonly workers: number;
  /** How its file is written; default: json. */
  readonly notation?: 'json' | 'yaml';
  /** The folder of the gateway's program; default: this checkout. */
  readonly root?: string;
  /** Keys of the configuration beyond the listener, the upstream and the route; default: no access log. */
  readonly extras?: Readonly<Record<string, unknown>>;
}

/** Writes the configuration of a gateway, and returns how to start it. Without extras it does nothing but pass on. */
export function describeGateway(setting: GatewaySetting): Launch {
  const { port, targetPort, workers, extras, notation = 'json', root = thisCheckout } = setting;
  const file = join(temporaryFolder(), `sluice-${port}.${notation}`);
  const document = {
    listeners: [{ address: `127.0.0.1:${port}` }],
    limits: { keep_alive_timeout: '30m' },
    upstreams: { backend: { targets: [`http://127.0.0.1:${targetPort}`], health: false } },
    routes: [{ name: 'all', upstream: 'backend' }],
    access_log: false,
    ...extras,
  };
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(document));
  const launcher = join(root, 'bin', 'sluice');
  const parameters = [launcher, 'run', file, '--workers', String(workers), '--log-level', 'warn'];
  return { name: 'sluice', command: process.execPath, parameters };
}

/** Starts such a gateway and resolves when it has answered `GET path`. */
export async function startGateway(setting: GatewaySetting & { readonly path: string }): Promise<StartedProcess> {
  const started = startProcess(describeGateway(setting));
  await waitForAnswer(started, { port: setting.port, path: setting.path, pauseMs: 20 });
  return started;
}
