import type { Socket } from 'node:net';
import { writeLatin1 } from '../../src/lib/latin1.ts';
import { ownerOf } from '../../src/lib/owned-socket.ts';

/** What is written to any of them is copied here, as the system would copy it. */
const taken = Buffer.allocUnsafeSlow(65_536);

/**
 * A connection of the gateway's that leads nowhere: what it writes is counted, and what it reads is whatever it is told
 * to have read. It has the part of `net.Socket` that owners of sockets use.
 */
export class MemoryWire {
  readonly remoteAddress = '192.0.2.7';
  readonly writableLength = 0;
  readonly writableNeedDrain = false;
  writableEnded = false;
  destroyed = false;
  /** How often something was written. */
  writes = 0;
  readonly _handle = {
    writeLatin1String: (_request: null, text: string): number => this.take(text),
    writeBuffer: (_request: null, bytes: Uint8Array): number => this.take(bytes),
  };

  /** As the gateway sees it. */
  get socket(): Socket {
    return this as unknown as Socket;
  }

  write(data: string | Uint8Array): boolean {
    this.take(data);
    return true;
  }

  private take(data: string | Uint8Array): 0 {
    this.writes += 1;
    if (typeof data === 'string') writeLatin1(taken, data, 0);
    else taken.set(data);
    return 0;
  }

  connected(): void {
    ownerOf(this.socket)?.onSocketConnected?.();
  }

  receive(bytes: Buffer): void {
    ownerOf(this.socket)?.onSocketRead(bytes, bytes.length);
  }

  pause(): void {
    // Nothing comes that was not asked for.
  }

  resume(): void {
    // As above.
  }

  end(): void {
    this.writableEnded = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  resetAndDestroy(): void {
    this.destroyed = true;
  }
}
