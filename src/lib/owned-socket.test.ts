import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { adoptAccepted, clearOwner, connectOwned, resetSocket, setOwner, type SocketOwner } from './owned-socket.ts';
import { turnClock } from './turn-clock.ts';

/** Remembers everything that it hears of its socket. */
class Listener implements SocketOwner {
  readonly heard: string[] = [];
  text = '';
  readonly closed = Promise.withResolvers<void>();
  readonly ended = Promise.withResolvers<void>();
  readonly drained = Promise.withResolvers<void>();
  readonly connected = Promise.withResolvers<void>();
  private wanted = { text: '', resolve: () => {} };

  onSocketRead(bytes: Buffer, length: number): void {
    this.text += bytes.toString('latin1', 0, length);
    if (this.text.endsWith(this.wanted.text)) this.wanted.resolve();
  }
  onSocketEnd(): void {
    this.heard.push('end');
    this.ended.resolve();
  }
  onSocketDrained(): void {
    this.heard.push('drained');
    this.drained.resolve();
  }
  onSocketClosed(): void {
    this.heard.push('closed');
    this.closed.resolve();
  }
  onSocketConnected(): void {
    this.heard.push('connected');
    this.connected.resolve();
  }

  /** Resolves when what was read ends with `text`. */
  async read(text: string): Promise<void> {
    if (this.text.endsWith(text)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wanted = { text, resolve };
    await promise;
  }
}

let server: Server;
const accepted: Socket[] = [];

before(async () => {
  server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    accepted.push(socket);
    server.emit('accepted');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
after(async () => {
  for (const socket of accepted) socket.destroy();
  server.close();
  await once(server, 'close');
});

const port = () => (server.address() as AddressInfo).port;

async function nextAccepted(): Promise<Socket> {
  if (accepted.length === 0) await once(server, 'accepted');
  const socket = accepted.shift();
  assert.ok(socket);
  return socket;
}

/** An owned connection to the server, with its other end. */
async function connectBoth(): Promise<{ socket: Socket; owner: Listener; peer: Socket }> {
  const socket = connectOwned({ host: '127.0.0.1', port: port() });
  const owner = new Listener();
  setOwner(socket, owner);
  const peer = await nextAccepted();
  await owner.connected.promise;
  return { socket, owner, peer };
}

describe('a connection that was opened', () => {
  test('says that it is open, what it reads, that the peer ends, and that it is gone', async () => {
    const { socket, owner, peer } = await connectBoth();
    peer.write('\0\xffabc', 'latin1');
    await owner.read('abc');
    peer.end();
    await owner.ended.promise;
    socket.end();
    await owner.closed.promise;
    assert.equal(owner.text, '\0\xffabc');
    assert.deepEqual(owner.heard, ['connected', 'end', 'closed']);
  });

  test('stays open for writing after the peer has ended', async () => {
    const { socket, owner, peer } = await connectBoth();
    peer.end();
    await owner.ended.promise;
    socket.end('after the end');
    const parts: Buffer[] = [];
    peer.on('data', (part: Buffer) => parts.push(part)).resume();
    await once(peer, 'end');
    assert.equal(Buffer.concat(parts).toString(), 'after the end');
    await owner.closed.promise;
  });

  test('says that a peer which was slow has taken everything', async () => {
    const { socket, owner, peer } = await connectBoth();
    while (socket.write(Buffer.alloc(65_536)));
    assert.deepEqual(owner.heard, ['connected']);
    peer.resume();
    await owner.drained.promise;
    socket.destroy();
    peer.destroy();
    await owner.closed.promise;
  });

  test('says only that it is gone where the peer resets it', async () => {
    const { owner, peer } = await connectBoth();
    peer.resetAndDestroy();
    await owner.closed.promise;
    assert.deepEqual(owner.heard, ['connected', 'closed']);
  });

  test('says only that it is gone where nobody listens', async () => {
    const vacant = createServer();
    await once(vacant.listen(0, '127.0.0.1'), 'listening');
    const { port: vacantPort } = vacant.address() as AddressInfo;
    vacant.close();
    await once(vacant, 'close');
    const owner = new Listener();
    setOwner(connectOwned({ host: '127.0.0.1', port: vacantPort }), owner);
    await owner.closed.promise;
    assert.deepEqual(owner.heard, ['closed']);
  });

  test('tells another owner from then on, and nobody once it has none', async () => {
    const { socket, owner, peer } = await connectBoth();
    peer.write('one');
    await owner.read('one');
    const second = new Listener();
    setOwner(socket, second);
    peer.write('two');
    await second.read('two');
    clearOwner(socket);
    const closed = once(socket, 'close');
    peer.end('three');
    socket.end();
    await closed;
    assert.deepEqual([owner.text, second.text, second.heard], ['one', 'two', []]);
  });
});

describe('a connection that was accepted', () => {
  async function acceptOne(): Promise<{ client: Socket; socket: Socket; owner: Listener }> {
    const client = connect({ host: '127.0.0.1', port: port(), allowHalfOpen: true });
    client.on('error', () => {});
    const socket = adoptAccepted(await nextAccepted());
    const owner = new Listener();
    setOwner(socket, owner);
    return { client, socket, owner };
  }

  test('reads nothing before it is told to, and loses nothing', async () => {
    const { client, socket, owner } = await acceptOne();
    client.write('early');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(owner.text, '');
    socket.resume();
    await owner.read('early');
    client.write(' and late');
    await owner.read('late');
    assert.equal(owner.text, 'early and late');
    client.end();
    await owner.ended.promise;
    socket.end();
    await owner.closed.promise;
  });

  test('knows its peer, and takes text', async () => {
    const { client, socket, owner } = await acceptOne();
    assert.equal(socket.remoteAddress, '127.0.0.1');
    assert.equal(socket.remotePort, client.localPort);
    socket.resume();
    socket.end('\xe9', 'latin1');
    const parts: Buffer[] = [];
    client.on('data', (part: Buffer) => parts.push(part));
    await once(client, 'end');
    assert.deepEqual(Buffer.concat(parts), Buffer.from([0xe9]));
    client.end();
    await owner.closed.promise;
  });

  test('can be paused while it reads', async () => {
    const { client, socket, owner } = await acceptOne();
    socket.resume();
    client.write('one');
    await owner.read('one');
    socket.pause();
    const sent = Promise.withResolvers<void>();
    client.write('two', () => sent.resolve());
    await sent.promise;
    // Something that went through the same loop later has arrived, so this would have.
    const { owner: other, peer } = await connectBoth();
    peer.write('x');
    await other.read('x');
    assert.equal(owner.text, 'one');
    socket.resume();
    await owner.read('two');
    client.destroy();
    peer.destroy();
    await owner.ended.promise.then(() => socket.end());
    await owner.closed.promise;
  });
});

describe('a reset', () => {
  test('reaches the peer as one', async () => {
    const { socket, owner, peer } = await connectBoth();
    const failed = once(peer, 'error') as Promise<[NodeJS.ErrnoException]>;
    peer.resume();
    resetSocket(socket);
    assert.equal((await failed)[0].code, 'ECONNRESET');
    await owner.closed.promise;
  });

  test('closes a socket whose own side has ended already', async () => {
    const { socket, owner, peer } = await connectBoth();
    peer.resume();
    const ended = once(peer, 'end');
    socket.end();
    await ended;
    resetSocket(socket);
    await owner.closed.promise;
    peer.destroy();
  });
});

test('each event brings the clock of the thread forward', async () => {
  const { socket, owner, peer } = await connectBoth();
  const earlier = turnClock.now();
  const start = performance.now();
  while (performance.now() < start + 2);
  peer.write('x');
  await owner.read('x');
  assert.ok(turnClock.now() >= earlier + 2);
  peer.end();
  await owner.ended.promise;
  socket.end();
  await owner.closed.promise;
});
