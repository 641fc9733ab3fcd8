import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

/** What goes wrong with the bytes of one direction of a connection. */
export interface StreamFaults {
  /** After so many bytes it happens; default: never. */
  readonly after?: number;
  /**
   * What happens: both ends are reset, the receiver's end is closed in order and no more is passed on, or nothing more is
   * passed on while everything stays open.
   */
  readonly how?: 'reset' | 'close' | 'stall';
  /** How long after those bytes it happens, so that they can be seen to before. */
  readonly lateMs?: number;
  /** No piece is larger. */
  readonly sliceBytes?: number;
  /** Before each piece. */
  readonly delayMs?: number;
}

/** What goes wrong with a connection; without anything, all passes. */
export interface Faults {
  /** From the one who connects. */
  readonly up?: StreamFaults;
  /** To the one who connects. */
  readonly down?: StreamFaults;
}

/** One connection through the proxy. */
export class FaultyConnection {
  /** Bytes that were passed on. */
  upBytes = 0;
  downBytes = 0;
  private readonly client: Socket;
  private readonly server: Socket;

  constructor(client: Socket, server: Socket, { up = {}, down = {} }: Faults) {
    this.client = client;
    this.server = server;
    for (const socket of [client, server]) {
      // The end of one is the end of the other.
      socket.on('error', () => this.reset());
      socket.on('close', (failed) => (failed ? this.reset() : this.destroy()));
    }
    void this.pass(client, server, up).catch(() => this.reset());
    void this.pass(server, client, down).catch(() => this.reset());
  }

  reset(): void {
    for (const socket of [this.client, this.server]) {
      if (socket.destroyed) continue;
      // One whose own side was closed in order cannot be reset any more.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  destroy(): void {
    this.client.destroy();
    this.server.destroy();
  }

  private async pass(from: Socket, to: Socket, faults: StreamFaults): Promise<void> {
    const { after = Infinity, sliceBytes = Infinity, delayMs = 0 } = faults;
    let passed = 0;
    if (after === 0) return this.end(to, faults);
    // What is not passed on leaves the connection open.
    for await (const piece of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const end = Math.min(piece.length, after - passed);
      for (let at = 0; at < end; at += sliceBytes) {
        if (delayMs > 0) await delay(delayMs);
        await write(to, piece.subarray(at, Math.min(at + sliceBytes, end)));
      }
      passed += end;
      if (from === this.client) this.upBytes = passed;
      else this.downBytes = passed;
      if (passed >= after) return this.end(to, faults);
    }
    to.end();
  }

  private async end(to: Socket, { how = 'reset', lateMs = 0 }: StreamFaults): Promise<void> {
    if (lateMs > 0) await delay(lateMs);
    if (how === 'reset') this.reset();
    else if (how === 'close') to.end();
  }
}

async function write(to: Socket, bytes: Buffer): Promise<void> {
  const done = Promise.withResolvers<void>();
  to.write(bytes, (error) => (error instanceof Error ? done.reject(error) : done.resolve()));
  await done.promise;
}

/** Stands before a port of this machine, and does to each connection what the test wants to go wrong. */
export class FaultProxy {
  readonly connections: FaultyConnection[] = [];
  /** What goes wrong with the connection of this number, from 0. */
  plan: (number: number) => Faults = () => ({});
  private readonly server: Server;
  readonly port: number;

  private constructor(server: Server, port: number, target: number) {
    this.server = server;
    this.port = port;
    server.on('connection', (client: Socket) => {
      const faults = this.plan(this.connections.length);
      const onward = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      this.connections.push(new FaultyConnection(client, onward, faults));
    });
  }

  /** Passes everything on to the port until it has a plan. */
  static async start(t: TestContext, target: number): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new FaultProxy(server, (server.address() as AddressInfo).port, target);
    t.after(() => {
      server.close();
      proxy.resetAll();
    });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resets every connection that there is. */
  resetAll(): void {
    for (const connection of this.connections) connection.reset();
  }

  /** From now on connections are refused. */
  async refuse(): Promise<void> {
    this.resetAll();
    await once(this.server.close(), 'close');
  }

  /** They are accepted again, on the same port. */
  async accept(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }
}
