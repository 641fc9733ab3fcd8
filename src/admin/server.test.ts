import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as sendRequest } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestView } from './fixtures/test-view.ts';
import { startAdminServer } from './server.ts';

const logger = { log: () => {} };

interface Answer {
  readonly status: number | undefined;
  readonly requestId: string | string[] | undefined;
  readonly body: string;
}

async function ask(socketPath: string, path: string): Promise<Answer> {
  const outgoing = sendRequest({ socketPath, path, agent: false, headers: { 'X-Request-Id': 'from-worker' } });
  outgoing.end();
  const [response] = await once(outgoing, 'response');
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, requestId: response.headers['x-request-id'], body };
}

test('workers are answered on a unix socket, and closing cuts what is open', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const socketPath = join(folder, 'gateway.sock');
  const server = await startAdminServer({ view: createTestView().view, logger, listen: { socketPath } });
  const answer = await ask(socketPath, '/livez');
  assert.deepEqual(answer, { status: 200, requestId: undefined, body: '{"status":"ok"}\n' });
  const missing = await ask(socketPath, '/admin/apikeys');
  assert.equal(missing.status, 404);
  assert.equal(JSON.parse(missing.body).request_id, 'from-worker');
  await server.close();
  await assert.rejects(ask(socketPath, '/livez'));
});

test('clients are answered on an address of its own, with a request id', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  const server = await startAdminServer({ view: createTestView().view, logger, listen: { host: '127.0.0.1', port } });
  try {
    const response = await fetch(`http://127.0.0.1:${port}/livez`, { headers: { Connection: 'close' } });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('X-Request-Id') ?? '', /^[0-9a-f-]{36}$/);
    await response.text();
  } finally {
    await server.close();
  }
});

test('an address that is in use rejects with the reason of the system', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    await assert.rejects(
      startAdminServer({ view: createTestView().view, logger, listen: { host: '127.0.0.1', port } }),
      { code: 'EADDRINUSE' },
    );
  } finally {
    other.close();
  }
});
