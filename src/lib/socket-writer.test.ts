import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { adoptAccepted, setOwner, type SocketOwner } from './owned-socket.ts';
import { SocketWriter, writesDirectly } from './socket-writer.ts';
import { connect } from 'node:net';

/** Both ends of a connection: the one that is written to, as the gateway has it, and its peer. */
async function openPair(t: TestContext): Promise<{ socket: Socket; peer: Socket; heard: string[] }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const peer = connect({ host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
  const [accepted] = (await once(server, 'connection')) as [Socket];
  const socket = adoptAccepted(accepted);
  const heard: string[] = [];
  const owner: SocketOwner = {
    onSocketRead: () => heard.push('read'),
    onSocketEnd: () => heard.push('end'),
    onSocketDrained: () => heard.push('drained'),
    onSocketClosed: () => heard.push('closed'),
  };
  setOwner(socket, owner);
  peer.on('error', () => undefined);
  t.after(() => {
    peer.destroy();
    socket.destroy();
    server.close();
  });
  return { socket, peer, heard };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'it took too long');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('the release of Node.js that comes with the gateway is one whose handles are written to', () => {
  assert.equal(writesDirectly, process.versions.node.startsWith('26.10.'));
});

test('what the peer takes at once is there in order, text and bytes', async (t) => {
  const { socket, peer, heard } = await openPair(t);
  const writer = new SocketWriter(socket);
  assert.equal(writer.writeText('h\xe9llo '), true);
  assert.equal(writer.writeBytes(Buffer.from('w\xf6rld', 'latin1')), true);
  assert.equal(writer.isBehind, false);
  socket.end();
  const parts: Buffer[] = [];
  for await (const part of peer) parts.push(part as Buffer);
  assert.equal(Buffer.concat(parts).toString('latin1'), 'h\xe9llo w\xf6rld');
  assert.deepEqual(
    heard.filter((word) => word === 'drained'),
    [],
  );
});

test('what it does not take waits, its bytes untouched by what follows, and the owner hears when it is gone', async (t) => {
  const { socket, peer, heard } = await openPair(t);
  const writer = new SocketWriter(socket);
  const size = 1 << 20;
  let written = 0;
  while (!writer.isCongested) {
    assert.equal(writer.writeBytes(Buffer.alloc(size, 97 + (written % 26))), !writer.isCongested);
    written++;
  }
  assert.equal(writer.isBehind, true);
  assert.equal(writer.writeText('and text'), false);
  assert.equal(writer.writeBytes(Buffer.from(' and bytes')), false);
  socket.end();
  const parts: Buffer[] = [];
  for await (const part of peer) parts.push(part as Buffer);
  const received = Buffer.concat(parts);
  assert.equal(received.length, written * size + 'and text and bytes'.length);
  for (let piece = 0; piece < written; piece++) {
    const expected = Buffer.alloc(size, 97 + (piece % 26));
    assert.ok(received.subarray(piece * size, (piece + 1) * size).equals(expected), `piece ${piece}`);
  }
  assert.equal(received.subarray(written * size).toString(), 'and text and bytes');
  assert.deepEqual(
    heard.filter((word) => word === 'drained'),
    ['drained'],
  );
  assert.equal(writer.isBehind, false);
  assert.equal(writer.isCongested, false);
});

test('a peer that resets the connection closes it, with what waited', async (t) => {
  const { socket, peer, heard } = await openPair(t);
  const writer = new SocketWriter(socket);
  while (!writer.isCongested) writer.writeBytes(Buffer.alloc(1 << 20));
  peer.resetAndDestroy();
  await until(() => heard.includes('closed'));
  assert.equal(heard.includes('drained'), false);
  assert.equal(writer.writeText('more'), true);
});

test('a write that fails at once closes the socket', async (t) => {
  const { socket, peer, heard } = await openPair(t);
  const writer = new SocketWriter(socket);
  peer.resetAndDestroy();
  await until(() => {
    // Nothing is read, so a write is what finds the reset.
    writer.writeText('x');
    return heard.includes('closed');
  });
  assert.equal(socket.destroyed, true);
});

test('a socket that was destroyed takes what is written and forgets it', async (t) => {
  const { socket } = await openPair(t);
  const writer = new SocketWriter(socket);
  socket.destroy();
  assert.equal(writer.writeText('x'), true);
  assert.equal(writer.writeBytes(Buffer.from('x')), true);
  assert.equal(writer.isBehind, false);
});
