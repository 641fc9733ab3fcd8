import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createFolder, root, start, type Cleanup, type Running } from '../flags/process.fixture.ts';

const sluice = join(root, 'bin', 'sluice');

export interface EnvironmentOptions {
  /** The working folder; one of its own where none is given. */
  readonly folder?: string;
  /** Of the command line; `run --env` where none is given. */
  readonly words?: readonly string[];
  /** Another launcher than that of the checkout. */
  readonly launcher?: string;
}

/** Starts Sluice with these variables and no others but PATH. */
export function startWith(
  cleanup: Cleanup,
  variables: Readonly<Record<string, string>>,
  options: EnvironmentOptions = {},
): Running {
  const { folder = createFolder(cleanup), words = ['run', '--env'], launcher = sluice } = options;
  const pairs = Object.entries({ PATH: process.env['PATH'] ?? '', ...variables }).map(
    ([name, text]) => `${name}=${text}`,
  );
  return start(cleanup, ['-i', ...pairs, process.execPath, launcher, ...words], {
    program: 'env',
    cwd: folder,
    limitMs: 60_000,
  });
}

/** Starts a gateway on a free port of 127.0.0.1; resolves when it serves. */
export async function startGateway(
  cleanup: Cleanup,
  variables: Readonly<Record<string, string>>,
  options?: EnvironmentOptions,
): Promise<Running & { readonly url: string }> {
  const common = { HOST: '127.0.0.1', PORT: '0', WORKERS: '2', ADMIN_PASSWORD: 'secret' };
  const gateway = startWith(cleanup, { ...common, ...variables }, options);
  const [, url = ''] = await gateway.shows(/"addresses":"(http:\/\/127\.0\.0\.1:\d+)"/);
  return Object.assign(gateway, { url });
}

/** A backend that answers with its name and with what it was asked; resolves to its URL. */
export async function startBackend(cleanup: Cleanup, name: string): Promise<string> {
  const server = createServer(({ method, url, headers }, response) => {
    const seen = { backend: name, method, path: url, host: headers.host, key: headers['x-api-key'] ?? null };
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(seen));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address() as AddressInfo;
  assert.ok(address.port > 0);
  return `http://127.0.0.1:${address.port}`;
}
