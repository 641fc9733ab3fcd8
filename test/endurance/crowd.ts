import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil, within } from '../support/wait.ts';

const atOnce = 200;

/** Very many connections to one port, which only count what they receive. */
export class Crowd {
  readonly sockets: Socket[] = [];
  /** How many of them the gateway has closed or reset. */
  closed = 0;
  /** How many could not be opened. */
  refused = 0;
  receivedBytes = 0;
  /** How often each status was received; a status line that is cut by the network into two pieces is not counted. */
  readonly statuses = new Map<string, number>();
  private readonly port: number;
  private readonly localAddress: string;

  /** `localAddress` is where its connections come from. */
  constructor(t: TestContext, port: number, localAddress = '127.0.0.1') {
    this.port = port;
    this.localAddress = localAddress;
    t.after(() => this.close());
  }

  /** Opens so many more, and resolves when each is connected or refused. */
  async open(count: number): Promise<void> {
    for (let opened = 0; opened < count; opened += atOnce) {
      const batch = Array.from({ length: Math.min(atOnce, count - opened) }, () => this.openOne());
      await within('a crowd of connections', Promise.all(batch));
    }
  }

  private async openOne(): Promise<void> {
    const { port, localAddress } = this;
    const socket = connect({ port, localAddress, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    socket.on('data', (bytes: Buffer) => this.note(bytes));
    socket.on('end', () => socket.destroy());
    const settled = Promise.withResolvers<void>();
    socket.on('error', () => settled.resolve());
    socket.once('connect', () => {
      this.sockets.push(socket);
      socket.once('close', () => (this.closed += 1));
      settled.resolve();
    });
    await settled.promise;
    if (socket.destroyed) this.refused += 1;
  }

  private note(bytes: Buffer): void {
    this.receivedBytes += bytes.length;
    for (const [, status = ''] of bytes.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    }
  }

  /** Sends the same on each of them that is still open. */
  send(bytes: string | Buffer): void {
    for (const socket of this.sockets) if (socket.writable) socket.write(bytes);
  }

  /** Resolves when the gateway has closed all of them, or rejects after 15 seconds. */
  async allClosed(): Promise<void> {
    await waitUntil('the gateway closes a crowd of connections', () => this.closed === this.sockets.length);
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

/** Does something again and again, with a pause in between, for as long as is said. */
export async function forAWhile(milliseconds: number, act: () => void | Promise<void>, pauseMs = 10): Promise<void> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    await act();
    await delay(pauseMs);
  }
}
