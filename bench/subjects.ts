import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatewaySubjects } from './gateway-subjects.ts';
import { describeNginxProxy } from './nginx.ts';
import { describeBareSockets, describeExpressGateway, describeHttpAgent, describeUndici } from './node-subjects.ts';
import { runProcess, type Launch } from './processes.ts';
import { requirePrograms } from './programs.ts';
import type { Ports, Subject } from './subject.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Proxies of others. */
export const otherSubjects = {
  nginx: { name: 'nginx', describe: describeNginxProxy },
  haproxy: { name: 'haproxy', describe: describeHaproxy },
  go: { name: 'go', describe: describeGoProxy },
  httpAgent: { name: 'node-http', describe: describeHttpAgent },
  undici: { name: 'node-undici', describe: describeUndici },
  expressGateway: { name: 'express-gateway', describe: describeExpressGateway },
  bareSockets: { name: 'node-sockets', describe: describeBareSockets },
} as const satisfies Readonly<Record<string, Subject>>;

/** The first one is what the others are compared with. */
export const proxySubjects: readonly Subject[] = [
  otherSubjects.nginx,
  otherSubjects.haproxy,
  otherSubjects.go,
  otherSubjects.httpAgent,
  otherSubjects.undici,
  gatewaySubjects.passing,
  gatewaySubjects.policies,
  gatewaySubjects.everything,
];

/** What every subject is sent, whether it looks at it or not. */
export const apiKeyHeader = 'X-API-Key: key-bench';

function describeHaproxy({ port, targetPort }: Ports): Launch {
  const { haproxy } = requirePrograms('haproxy');
  const file = join(temporaryFolder(), `haproxy-${port}.cfg`);
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
  const binary = join(temporaryFolder(), `go-reverse-proxy-${port}`);
  const source = join(import.meta.dirname, 'go-reverse-proxy', 'main.go');
  await runProcess({ name: 'go-build', command: go, parameters: ['build', '-o', binary, source] });
  return {
    name: 'go',
    command: binary,
    parameters: [`127.0.0.1:${port}`, `http://127.0.0.1:${targetPort}`],
    environment: { GOMAXPROCS: '1' },
  };
}
