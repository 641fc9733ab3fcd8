import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { configOf, documentFor, startGateway } from '../support/gateway.ts';
import { plainGet, RawClient, rawRequest } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';

async function listen(t: TestContext): Promise<{ server: Server; port: number }> {
  const server = createServer();
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function findFreePort(t: TestContext): Promise<number> {
  const { server, port } = await listen(t);
  const closed = once(server, 'close');
  server.close();
  await closed;
  return port;
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

const on = (...ports: readonly number[]) => ({ listeners: ports.map((port) => ({ address: `127.0.0.1:${port}` })) });

describe('listeners', () => {
  test('are opened and closed, and those that stay keep their connections and the port that the system chose', async (t) => {
    const target = await startRecordingTarget(t);
    const document = { ...documentFor([target.url]), workers: 2 };
    const added = await findFreePort(t);
    const { gateway, port } = await startGateway(t, document);
    const kept = await RawClient.connect(t, port);
    assert.equal((await kept.ask(plainGet)).status, 200);
    assert.equal((await gateway.reload(configOf({ ...document, ...on(0, added) }))).status, 'success');
    assert.deepEqual(
      gateway.addresses.map((address) => address.port),
      [port, added],
    );
    assert.equal((await rawRequest(t, added, plainGet)).status, 200);
    assert.equal((await kept.ask(plainGet)).status, 200);

    const gone = await RawClient.connect(t, added);
    assert.equal((await gone.ask(plainGet)).status, 200);
    assert.equal((await gateway.reload(configOf(document))).status, 'success');
    await waitUntil('nobody listens there any more', () => isRefused(added));
    // A connection that was in use a moment ago has time for one more request, and is told that it was the last.
    const last = await gone.ask(plainGet);
    assert.deepEqual([last.status, last.field('connection')], [200, 'close']);
    await waitUntil('its connection is closed', () => gone.ending !== null);
    assert.equal((await kept.ask(plainGet)).status, 200);
  });

  test('that are gone let a request under way end, and close what is idle', async (t) => {
    const held: (() => void)[] = [];
    const target = await startRecordingTarget(t, (response) => void held.push(() => response.end('late')));
    const document = documentFor([target.url]);
    const port = await findFreePort(t);
    const { gateway } = await startGateway(t, { ...document, ...on(0, port) });
    const busy = await RawClient.connect(t, port);
    const idle = await RawClient.connect(t, port);
    await busy.write(plainGet);
    await waitUntil('the request is at the target', () => held.length === 1);
    assert.equal((await gateway.reload(configOf(document))).status, 'success');
    await waitUntil('the idle connection is closed', () => idle.ending !== null);
    held[0]?.();
    const answer = await busy.response();
    assert.deepEqual([answer.status, answer.body.toString()], [200, 'late']);
    assert.equal(answer.field('connection'), 'close');
  });

  test('whose port another program has refuse the whole configuration', async (t) => {
    const target = await startRecordingTarget(t);
    const other = await listen(t);
    const document = { ...documentFor([target.url]), workers: 2 };
    const { gateway, port, log } = await startGateway(t, document);
    const free = await findFreePort(t);
    const outcome = await gateway.reload(configOf({ ...document, ...on(free, other.port), routes: [] }));
    assert.ok(outcome.status === 'failure');
    assert.deepEqual(outcome.issues, [
      {
        path: 'listeners[1].address',
        message: `port ${other.port} on 127.0.0.1 is in use by another program: stop that program or choose another port.`,
      },
    ]);
    assert.equal(outcome.version, 1);
    assert.equal((await rawRequest(t, port, plainGet)).status, 200);
    assert.ok(await isRefused(free), 'what was opened has been closed');
    assert.equal(log.filter(({ level }) => level === 'error').length, 1);
  });

  test('may change from one address to all of them', async (t) => {
    const target = await startRecordingTarget(t);
    const port = await findFreePort(t);
    const document = documentFor([target.url]);
    const { gateway } = await startGateway(t, { ...document, ...on(port), workers: 2 });
    const kept = await RawClient.connect(t, port);
    const outcome = await gateway.reload(
      configOf({ ...document, listeners: [{ address: `0.0.0.0:${port}` }], workers: 2 }),
    );
    assert.equal(outcome.status, 'success', JSON.stringify(outcome));
    for (let count = 0; count < 10; count += 1) assert.equal((await rawRequest(t, port, plainGet)).status, 200);
    assert.deepEqual(gateway.addresses, [{ host: '0.0.0.0', port }]);
    assert.equal((await kept.ask(plainGet)).status, 200);
  });
});

describe('the admin listener', () => {
  const ready = async (port: number) =>
    (await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { Connection: 'close' } })).status;
  const adminOn = (port: number) => ({ admin: { address: `127.0.0.1:${port}` } });

  test('moves, and answers whoever asked for that', async (t) => {
    const target = await startRecordingTarget(t);
    const document = documentFor([target.url]);
    const port = await findFreePort(t);
    let next: object = { ...document, ...adminOn(port) };
    const source = { description: 'a test', watched: [], load: async () => ({ config: configOf(next) }) };
    const { gateway } = await startGateway(t, document, { source });
    const before = gateway.adminAddress?.port ?? 0;
    assert.equal(await ready(before), 200);
    const answer = await fetch(`http://127.0.0.1:${before}/admin/config/reload`, { method: 'POST' });
    assert.equal(answer.status, 200);
    assert.equal(await ready(port), 200);
    await waitUntil('the old one is closed', () => isRefused(before));
    next = { ...document, admin: null };
    assert.equal((await fetch(`http://127.0.0.1:${port}/admin/config/reload`, { method: 'POST' })).status, 200);
    await waitUntil('there is none', () => isRefused(port));
    assert.equal(gateway.adminAddress, null);
    next = { ...document, ...adminOn(port) };
    assert.equal((await gateway.reload()).status, 'success');
    assert.equal(await ready(port), 200);
  });

  test('that cannot be opened refuses the configuration, and the old one stays', async (t) => {
    const target = await startRecordingTarget(t);
    const document = documentFor([target.url]);
    const { port } = await listen(t);
    const { gateway } = await startGateway(t, document);
    const before = gateway.adminAddress?.port ?? 0;
    const outcome = await gateway.reload(configOf({ ...document, ...adminOn(port) }));
    assert.equal(outcome.status, 'failure');
    assert.equal(await ready(before), 200);
  });
});
