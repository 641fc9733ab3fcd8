import type { Socket } from 'node:net';
import { onDrained } from './owned-socket.ts';

/** A write that the system did not take at once, as the handle of a socket answers it. */
interface PendingWrite {
  /** Set where it was over before `oncomplete` could be. */
  writeStatus: number | null;
  oncomplete(status: number): void;
  writer: SocketWriter;
  /** Kept until the system has taken it. */
  bytes: Uint8Array | null;
}

/** What is under a socket of Node.js: 0 for a write that was taken whole, a negative number for one that failed. */
interface SocketHandle {
  writeLatin1String(request: null, text: string): number | PendingWrite;
  writeBuffer(request: null, bytes: Uint8Array): number | PendingWrite;
}

/**
 * The releases of Node.js in which a handle takes `null` for a request and answers as above. What is under a socket is
 * nobody's promise, so with every other release writes go through the stream (see docs/decisions/023-direct-writes.md).
 */
const releases = ['26.10.'];

export const writesDirectly = releases.some((release) => process.versions.node.startsWith(release));

function onWritten(this: PendingWrite, status: number): void {
  this.writer.settle(status);
}

/**
 * Writes to a socket on the short way: straight to its handle instead of through the queue of its stream, of which a
 * socket that keeps up makes no use. What the system does not take at once waits below, in order.
 */
export class SocketWriter {
  private readonly socket: Socket & { readonly _handle?: SocketHandle | null };
  private readonly isDirect: boolean;
  /** Writes that wait for the system to take them. */
  private waiting = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.isDirect = writesDirectly && '_handle' in socket;
  }

  /** Whether something written before has not been taken yet. */
  get isBehind(): boolean {
    return this.isDirect ? this.waiting > 0 : this.socket.writableLength > 0;
  }

  /** Whether to wait before anything else is written. */
  get isCongested(): boolean {
    return this.isDirect ? this.waiting > 0 : this.socket.writableNeedDrain;
  }

  /** Writes latin1 text. Returns false where the socket does not keep up. */
  writeText(text: string): boolean {
    if (!this.isDirect) return this.socket.write(text, 'latin1');
    const handle = this.socket._handle;
    if (handle === null || handle === undefined) return true;
    const result = handle.writeLatin1String(null, text);
    return result === 0 || this.await(result, null);
  }

  /** Writes bytes, which stay as they are until they have been taken. Returns false where the socket does not keep up. */
  writeBytes(bytes: Uint8Array): boolean {
    if (!this.isDirect) return this.socket.write(bytes);
    const handle = this.socket._handle;
    if (handle === null || handle === undefined) return true;
    const result = handle.writeBuffer(null, bytes);
    return result === 0 || this.await(result, bytes);
  }

  private await(result: number | PendingWrite, bytes: Uint8Array | null): boolean {
    if (typeof result === 'number') return this.fail();
    const status = result.writeStatus;
    if (typeof status === 'number') return status === 0 || this.fail();
    result.writer = this;
    result.bytes = bytes;
    result.oncomplete = onWritten;
    this.waiting++;
    return false;
  }

  /** The peer is gone: 'close' follows. */
  private fail(): boolean {
    this.socket.destroy();
    return false;
  }

  /** For a write that has waited alone. */
  settle(status: number): void {
    this.waiting--;
    if (this.socket.destroyed) return;
    if (status < 0) this.fail();
    else if (this.waiting === 0) onDrained(this.socket);
  }
}
