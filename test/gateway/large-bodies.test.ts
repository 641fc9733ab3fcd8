import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.ts';
import { documentFor } from '../support/gateway.ts';
import { plainGet, RawClient, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget, type RawTarget, type TargetConnection } from '../support/raw-target.ts';

const mebibyte = 1024 * 1024;
const size = 100 * mebibyte;
const piece = Buffer.alloc(mebibyte, 'x');

interface Setting {
  readonly gateway: GatewayProcess;
  readonly client: RawClient;
  readonly target: RawTarget;
  readonly backend: TargetConnection;
}

async function startSetting(t: TestContext): Promise<Setting> {
  const target = await startRawTarget(t);
  const gateway = await startGatewayProcess(t, documentFor([target.url]));
  const client = await RawClient.connect(t, gateway.port);
  void client.write(plainGet);
  const backend = await target.connection(0);
  await backend.request();
  await backend.write(okText('warm'));
  await client.response();
  return { gateway, client, target, backend };
}

async function writeBody(to: RawClient | TargetConnection, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes; sent += piece.length) {
    if (!to.socket.write(piece)) await once(to.socket, 'drain');
  }
}

async function upload({ client, backend }: Setting, bytes: number): Promise<void> {
  void client.write(requestText('PUT', '/', { 'Content-Length': String(bytes) }));
  await backend.requestHead();
  const before = backend.receivedBytes - backend.received.length;
  backend.take(backend.received.length);
  backend.keeps = false;
  await writeBody(client, bytes);
  await backend.until('the whole body', () => (backend.receivedBytes - before === bytes ? true : null));
  backend.keeps = true;
  await backend.write(okText('taken'));
  assert.equal((await client.response()).text, 'taken');
}

async function download({ client, backend }: Setting, bytes: number): Promise<void> {
  void client.write(plainGet);
  await backend.request();
  await backend.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`);
  await client.responseHead();
  const head = client.received.indexOf('\r\n\r\n') + 4;
  const before = client.receivedBytes - client.received.length + head;
  client.take(client.received.length);
  client.keeps = false;
  await writeBody(backend, bytes);
  await client.until('the whole body', () => (client.receivedBytes - before === bytes ? true : null));
  client.keeps = true;
}

/** Resident memory of a process as it is, and the most that it was since this was asked last (proc(5)). */
function readMemory(id: number | undefined): { now: number; peak: number } {
  const status = readFileSync(`/proc/${id}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  const memory = { now: read('VmRSS'), peak: read('VmHWM') };
  writeFileSync(`/proc/${id}/clear_refs`, '5');
  return memory;
}

test('100 MB in either direction cost the gateway at most 32 MB of memory', async (t) => {
  const setting = await startSetting(t);
  const id = setting.gateway.child.pid;
  for (const [name, run] of Object.entries({ upload, download })) {
    const before = readMemory(id).now;
    await run(setting, size);
    const grown = (readMemory(id).peak - before) / mebibyte;
    t.diagnostic(`${name}: ${grown.toFixed(1)} MiB`);
    assert.ok(grown <= 32, `${name}: ${grown} MiB`);
  }
  assert.equal(setting.target.connections.length, 1);
});

test('100 MB to a client that does not read cost the gateway at most 8 MB of memory', async (t) => {
  const setting = await startSetting(t);
  const { client, backend, gateway } = setting;
  await download(setting, 10 * mebibyte);
  const before = readMemory(gateway.child.pid).now;
  client.socket.pause();
  void client.write(plainGet);
  await backend.request();
  await backend.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
  const written = writeBody(backend, size);
  written.catch(() => {});
  let sent = -1;
  while (sent !== backend.socket.bytesWritten) {
    sent = backend.socket.bytesWritten;
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
  }
  assert.ok(sent < size);
  const grown = (readMemory(gateway.child.pid).peak - before) / mebibyte;
  assert.ok(grown <= 8, `${grown} MiB`);
  client.socket.destroy();
  await backend.ended();
});
