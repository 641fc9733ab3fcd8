import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as sendRequest } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { LogFields } from '../core/ports.ts';
import { basicField, testCredentials } from './fixtures/admin-bench.ts';
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
  const missing = await ask(socketPath, '/admin/unknown');
  assert.equal(missing.status, 404);
  assert.equal(JSON.parse(missing.body).request_id, 'from-worker');
  await server.close();
  await assert.rejects(ask(socketPath, '/livez'));
});

/** Runs the admin listener on a free port of 127.0.0.1 until the test has ended. */
async function startListener(t: TestContext, more: object = {}): Promise<{ port: number; log: LogFields[] }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  const log: LogFields[] = [];
  const server = await startAdminServer({
    view: createTestView({ admin: { address: `127.0.0.1:${port}`, ...more } }).view,
    logger: { log: (_level, message, fields) => void log.push({ message, ...fields }) },
    listen: { host: '127.0.0.1', port },
  });
  t.after(() => server.close());
  return { port, log };
}

test('clients are answered on an address of its own, with a request id', async (t) => {
  const { port } = await startListener(t);
  const response = await fetch(`http://127.0.0.1:${port}/livez`, { headers: { Connection: 'close' } });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('X-Request-Id') ?? '', /^[0-9a-f-]{36}$/);
  await response.text();
});

test('on an address of its own the client is who is connected, and the host is that of the request', async (t) => {
  const { port, log } = await startListener(t, { auth: testCredentials });
  const url = `http://127.0.0.1:${port}/admin/circuit-breakers/reset`;
  const headers = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Host': 'evil.test', Connection: 'close' };
  const refused = await fetch(url, { method: 'POST', headers: { ...headers, Authorization: 'Basic ????' } });
  assert.equal(refused.status, 401);
  assert.deepEqual(
    log.map(({ clientIp }) => clientIp),
    ['127.0.0.1'],
  );
  const Authorization = basicField(testCredentials);
  const foreign = await fetch(url, {
    method: 'POST',
    headers: { ...headers, Authorization, Origin: 'http://evil.test' },
  });
  assert.equal(foreign.status, 403);
  const own = { ...headers, Authorization, Origin: `http://127.0.0.1:${port}` };
  assert.equal((await fetch(url, { method: 'POST', headers: own })).status, 200);
});

test('a request without any body is answered, and a large one is refused while it still arrives', async (t) => {
  const { port } = await startListener(t);
  const exchange = async (request: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.write(request);
    let answer = '';
    for await (const part of socket) {
      answer += String(part);
      if (answer.includes('\r\n\r\n')) break;
    }
    socket.destroy();
    return answer.slice(0, answer.indexOf('\r\n'));
  };
  const head = (path: string, ...lines: string[]) =>
    [`POST ${path} HTTP/1.1`, 'Host: localhost', ...lines, '', ''].join('\r\n');
  const json = 'Content-Type: application/json';
  const chunk = `8000\r\n${' '.repeat(0x80_00)}\r\n`;
  assert.equal(await exchange(head('/admin/circuit-breakers/reset')), 'HTTP/1.1 200 OK');
  assert.equal(
    await exchange(`${head('/admin/apikeys', json, 'Transfer-Encoding: chunked')}e\r\n{"name":"app"}\r\n0\r\n\r\n`),
    'HTTP/1.1 201 Created',
  );
  assert.match(await exchange(head('/admin/apikeys', json, 'Content-Length: 100000')), /^HTTP\/1\.1 413 /);
  assert.match(
    await exchange(head('/admin/apikeys', json, 'Transfer-Encoding: chunked') + chunk.repeat(3)),
    /^HTTP\/1\.1 413 /,
  );
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
