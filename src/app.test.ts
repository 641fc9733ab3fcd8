import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createGateway } from './app.ts';
import { formatAddress, type Address } from './config/address.ts';
import { documentFromValue } from './config/document.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { startMockBackend } from './mock-backend/server.ts';

const logger = { log: () => {} };

function configOf(value: object): Config {
  const loaded = loadConfig(
    documentFromValue(
      { listeners: [{ address: '127.0.0.1:0' }], workers: 2, shutdown_timeout: '5s', ...value },
      'test',
    ),
  );
  assert.ok('config' in loaded, JSON.stringify(loaded));
  return loaded.config;
}

async function ask(address: Address | null | undefined, path: string): Promise<Response> {
  assert.ok(address !== null && address !== undefined);
  return await fetch(`http://${formatAddress(address)}${path}`, { headers: { Connection: 'close' } });
}

/** Gives the process a folder of its own for temporary files, and tells what is in it. */
function watchTemporaryFiles(t: TestContext): () => string[] {
  const outer = process.env['TMPDIR'];
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  process.env['TMPDIR'] = folder;
  t.after(() => {
    if (outer === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = outer;
    rmSync(folder, { recursive: true });
  });
  return () => readdirSync(folder);
}

test('a gateway serves on every listener, tells its own state, and leaves nothing behind', async (t) => {
  const temporaryFiles = watchTemporaryFiles(t);
  const backend = await startMockBackend({ name: 'only', port: 0, host: '127.0.0.1' });
  const gateway = await createGateway({
    config: configOf({
      listeners: [{ address: '127.0.0.1:0' }, { address: '127.0.0.1:0' }],
      admin: { address: '127.0.0.1:0' },
      upstreams: { u: { targets: [backend.url] } },
      routes: [{ name: 'r', match: { path: '/api/*' }, upstream: 'u' }],
    }),
    logger,
  });
  await gateway.start();
  assert.equal(temporaryFiles().length, 1);
  try {
    assert.equal(new Set(gateway.addresses.map((address) => address.port)).size, 2);
    for (const address of gateway.addresses) {
      assert.equal((await ask(address, '/api/data')).status, 200);
      assert.equal((await ask(address, '/readyz')).status, 200);
      assert.equal((await ask(address, '/info')).status, 404);
    }
    const info = (await (await ask(gateway.adminAddress, '/info')).json()) as { workers_serving: number };
    assert.equal(info.workers_serving, 2);
  } finally {
    await gateway.stop();
    await backend.close();
  }
  await assert.rejects(ask(gateway.addresses[0], '/livez'));
  await assert.rejects(ask(gateway.adminAddress, '/livez'));
  assert.deepEqual(temporaryFiles(), []);
});

test('while it drains, the admin listener says so and a request under way ends', async () => {
  const backend = await startMockBackend({ name: 'slow', port: 0, host: '127.0.0.1' });
  const gateway = await createGateway({
    config: configOf({
      admin: { address: '127.0.0.1:0' },
      upstreams: { u: { targets: [backend.url], health: false } },
      routes: [{ name: 'r', upstream: 'u' }],
    }),
    logger,
  });
  await gateway.start();
  const slow = ask(gateway.addresses[0], '/api/slow?ms=600');
  while (!/^gateway_requests_in_flight 1$/m.test(await (await ask(gateway.adminAddress, '/metrics')).text()));
  const stopped = gateway.stop();
  const ready = await ask(gateway.adminAddress, '/readyz');
  assert.equal(ready.status, 503);
  assert.deepEqual(await ready.json(), { status: 'draining' });
  assert.equal((await slow).status, 200);
  await stopped;
  await backend.close();
});

test('an address that is in use fails before anything is started', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const temporaryFiles = watchTemporaryFiles(t);
  try {
    for (const value of [
      { listeners: [{ address: `127.0.0.1:${port}` }] },
      { admin: { address: `127.0.0.1:${port}` } },
    ]) {
      await assert.rejects(createGateway({ config: configOf(value), logger }), {
        name: 'StartError',
        message: `port ${port} on 127.0.0.1 is in use by another program: stop that program or choose another port.`,
      });
    }
  } finally {
    other.close();
  }
  assert.deepEqual(temporaryFiles(), []);
});

test('a start that fails half-way ends what it has started', async (t) => {
  const temporaryFiles = watchTemporaryFiles(t);
  const gateway = await createGateway({ config: configOf({ admin: { address: '127.0.0.1:0' } }), logger });
  const { port } = gateway.addresses[0] ?? { port: 0 };
  const thief = createServer().listen(port, '127.0.0.1');
  await once(thief, 'listening');
  try {
    await assert.rejects(gateway.start(), { name: 'StartError', message: /EADDRINUSE/ });
  } finally {
    thief.close();
  }
  await assert.rejects(ask(gateway.adminAddress, '/livez'));
  assert.deepEqual(temporaryFiles(), []);
  await gateway.stop();
});
