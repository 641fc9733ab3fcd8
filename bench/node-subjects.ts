import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Launch } from './processes.ts';
import { installPackage } from './registry-package.ts';
import type { Ports } from './subject.ts';
import { temporaryFolder } from './temporary-folder.ts';

const undiciVersion = '8.12.4';
const expressGatewayVersion = '1.16.11';

/** `node:http` on both sides. */
export function describeHttpAgent(ports: Ports): Launch {
  return describeProgram('http-agent', ports);
}

/** Bytes passed on, no HTTP. */
export function describeBareSockets(ports: Ports): Launch {
  return describeProgram('bare-sockets', ports);
}

/** `node:http` towards clients, undici's pool towards the target. */
export async function describeUndici(ports: Ports): Promise<Launch> {
  return describeProgram('undici-pool', ports, await installPackage('undici', undiciVersion));
}

function describeProgram(name: string, { port, targetPort }: Ports, ...more: readonly string[]): Launch {
  const program = join(import.meta.dirname, 'proxies', `${name}.ts`);
  return { name, command: process.execPath, parameters: [program, String(port), String(targetPort), ...more] };
}

/** One pipeline with nothing but its policy `proxy`; one process, as it is when nothing else is asked for. */
export async function describeExpressGateway({ port, targetPort }: Ports): Promise<Launch> {
  const installed = await installPackage('express-gateway', expressGatewayVersion);
  const folder = join(temporaryFolder(), `express-gateway-${port}`);
  const models = join(installed, 'lib', 'config', 'models');
  mkdirSync(join(folder, 'models'), { recursive: true });
  for (const file of readdirSync(models)) copyFileSync(join(models, file), join(folder, 'models', file));
  const gateway = `http:
  port: ${port}
  hostname: 127.0.0.1
apiEndpoints:
  api: { host: '*', paths: '/*' }
serviceEndpoints:
  backend: { url: 'http://127.0.0.1:${targetPort}' }
policies: [proxy]
pipelines:
  default:
    apiEndpoints: [api]
    policies:
      - proxy:
          - action: { serviceEndpoint: backend, changeOrigin: true }
`;
  // Its own example, with the database inside the process.
  const system = `db:
  redis: { emulate: true }
crypto: { cipherKey: sensitiveKey, algorithm: aes256, saltRounds: 10 }
session: { secret: keyboard cat, resave: false, saveUninitialized: false }
accessTokens: { timeToExpiry: 7200000 }
refreshTokens: { timeToExpiry: 7200000 }
authorizationCodes: { timeToExpiry: 300000 }
`;
  writeFileSync(join(folder, 'gateway.config.yml'), gateway);
  writeFileSync(join(folder, 'system.config.yml'), system);
  const start = `require(${JSON.stringify(installed)})().load(${JSON.stringify(folder)}).run();`;
  return {
    name: 'express-gateway',
    command: process.execPath,
    parameters: ['--eval', start],
    environment: { NODE_ENV: 'production', LOG_LEVEL: 'error' },
  };
}
