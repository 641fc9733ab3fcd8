import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeGateway } from './gateway-process.ts';
import { describeNginxProxy } from './nginx.ts';
import { runProcess, type Launch } from './processes.ts';
import { requirePrograms } from './programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface Ports {
  readonly port: number;
  readonly targetPort: number;
}

/** A proxy that is measured beside the others. */
export interface Subject {
  readonly name: string;
  /** Writes and builds what the subject needs, once, for any number of starts. Throws where something is missing. */
  describe(ports: Ports): Launch | Promise<Launch>;
  /** Removes what a round has left, after each one. */
  cleanUp?(): void;
}

/** The first one is what the others are compared with. */
export const subjects: readonly Subject[] = [
  { name: 'nginx', describe: describeNginxProxy },
  { name: 'haproxy', describe: describeHaproxy },
  { name: 'go', describe: describeGoProxy },
  { name: 'sluice', describe: (ports) => describeGateway({ ...ports, workers: 1 }) },
  { name: 'sluice-policies', describe: describeGatewayWithPolicies, cleanUp: removeAccessLog },
];

/** What every subject is sent, whether it looks at it or not. */
export const apiKeyHeader = 'X-API-Key: key-bench';

function describeHaproxy({ port, targetPort }: Ports): Launch {
  const { haproxy } = requirePrograms('haproxy');
  const file = join(temporaryFolder(), 'haproxy.cfg');
  const text = `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout client 600s
  timeout server 600s
  timeout connect 5s
  http-reuse always
  option forwardfor
frontend listener
  bind 127.0.0.1:${port} backlog 4096
  default_backend targets
backend targets
  server target 127.0.0.1:${targetPort}
`;
  writeFileSync(file, text);
  return { name: 'haproxy', command: haproxy, parameters: ['-db', '-f', file] };
}

async function describeGoProxy({ port, targetPort }: Ports): Promise<Launch> {
  const { go } = requirePrograms('go');
  const binary = join(temporaryFolder(), 'go-reverse-proxy');
  const source = join(import.meta.dirname, 'go-reverse-proxy', 'main.go');
  await runProcess({ name: 'go-build', command: go, parameters: ['build', '-o', binary, source] });
  return {
    name: 'go',
    command: binary,
    parameters: [`127.0.0.1:${port}`, `http://127.0.0.1:${targetPort}`],
    environment: { GOMAXPROCS: '1' },
  };
}

/** What the flags `-keys`, `-rate-limit` and `-key-rate-limit` make, with limits that no load reaches. */
function describeGatewayWithPolicies(ports: Ports): Launch {
  const unreached = { limit: '60000000/min', burst: 1_000_000_000 };
  const launch = describeGateway({
    ...ports,
    workers: 1,
    extras: {
      access_log: { file: accessLogFile() },
      keys: [{ name: 'bench', secret: 'key-bench' }],
      policies: [
        { api_key: { required: false } },
        { rate_limit: { by: 'ip', ...unreached, anonymous_only: true } },
        { rate_limit: { by: 'key', ...unreached } },
      ],
    },
  });
  return { ...launch, name: 'sluice-policies' };
}

function accessLogFile(): string {
  return join(temporaryFolder(), 'access.log');
}

function removeAccessLog(): void {
  rmSync(accessLogFile(), { force: true });
}
