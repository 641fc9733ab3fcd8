import type { Socket } from 'node:net';
import { ownerOf } from '../lib/owned-socket.ts';
import type { EventQueue } from './event-queue.ts';

/** One read of the gateway takes at most this much, as with sockets of the system. */
const largestRead = 65_536;

/** What the simulated side of a connection hears from the gateway. */
export interface MemoryPeer {
  onBytes(bytes: Buffer): void;
  /** The gateway writes no more. */
  onEnd(): void;
  /** The gateway has closed or cut the connection. */
  onClosed(): void;
}

export interface MemorySocketInit {
  readonly events: EventQueue;
  readonly peer: MemoryPeer;
  /** Of the other side. */
  readonly remoteAddress: string;
  /** Whether it reads before it is told to. */
  readonly flowing: boolean;
}

/**
 * A connection of the gateway's that leads to something within the process. It has the part of `net.Socket` that owners
 * of sockets use, and tells its owner what happens as `lib/owned-socket.ts` does, each thing as an event of its own. The
 * other side takes everything at once, so the gateway never sees it congested.
 */
export class MemorySocket {
  readonly remoteAddress: string;
  readonly writableLength = 0;
  readonly writableNeedDrain = false;
  writableEnded = false;
  destroyed = false;
  private readonly events: EventQueue;
  private readonly peer: MemoryPeer;
  private readonly incoming: (Buffer | 'end')[] = [];
  private flowing: boolean;
  private telling = false;

  constructor(init: MemorySocketInit) {
    this.events = init.events;
    this.peer = init.peer;
    this.remoteAddress = init.remoteAddress;
    this.flowing = init.flowing;
  }

  /** As the gateway sees it. */
  get socket(): Socket {
    return this as unknown as Socket;
  }

  write(data: string | Uint8Array, encoding: BufferEncoding = 'utf8'): boolean {
    if (this.destroyed || this.writableEnded) return false;
    // The caller uses its memory again.
    const bytes = typeof data === 'string' ? Buffer.from(data, encoding) : Buffer.from(data);
    this.events.push(() => this.peer.onBytes(bytes));
    return true;
  }

  end(): void {
    if (this.destroyed || this.writableEnded) return;
    this.writableEnded = true;
    this.events.push(() => this.peer.onEnd());
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.events.push(() => {
      this.peer.onClosed();
      ownerOf(this.socket)?.onSocketClosed();
    });
  }

  resetAndDestroy(): void {
    this.destroy();
  }

  pause(): void {
    this.flowing = false;
  }

  resume(): void {
    this.flowing = true;
    this.tellNext();
  }

  /** The other side has accepted the connection. */
  connected(): void {
    this.events.push(() => {
      if (!this.destroyed) ownerOf(this.socket)?.onSocketConnected?.();
    });
  }

  /** The other side has sent something. */
  receive(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += largestRead) this.incoming.push(bytes.subarray(at, at + largestRead));
    this.tellNext();
  }

  /** The other side sends no more. */
  receiveEnd(): void {
    this.incoming.push('end');
    this.tellNext();
  }

  /** The connection was refused, or the other side has reset it: what it sent before and was not read is lost. */
  break(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.events.push(() => ownerOf(this.socket)?.onSocketClosed());
  }

  private tellNext(): void {
    if (this.telling || this.incoming.length === 0) return;
    this.telling = true;
    this.events.push(() => {
      this.telling = false;
      if (this.destroyed || !this.flowing) return;
      const next = this.incoming.shift();
      const owner = ownerOf(this.socket);
      if (next === 'end') owner?.onSocketEnd();
      else if (next !== undefined) owner?.onSocketRead(next, next.length);
      this.tellNext();
    });
  }
}
