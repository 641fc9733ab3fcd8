import type { Socket } from 'node:net';
import { latin1Text, writeLatin1 } from './latin1.ts';
import { SocketWriter } from './socket-writer.ts';

/** Up to this much is gathered as text, which a socket writes without another allocation. */
const gatherBytes = 12_288;

const scratchBytes = 65_536 + 2 * gatherBytes;

/** Where head and body are put together for one write; used again as soon as the system has taken it. */
let scratch = Buffer.allocUnsafeSlow(scratchBytes);

/** Those that have something to write when the events that are at hand have been seen to. */
const due: Outgoing[] = [];

function flushDue(): void {
  for (let at = 0; at < due.length; at++) due[at]?.flushDue();
  due.length = 0;
}

/**
 * Gathers what is to be written to a socket (a head, the first bytes of a body, a chunk's end), so that it leaves in one
 * write. What `flushSoon` is told leaves when all sockets that have something to read have been read: the peers are woken
 * one after the other instead of in between, which under load is most of what a write costs.
 *
 * Text is latin1: one character a byte.
 */
export class Outgoing {
  private readonly writer: SocketWriter;
  private readonly onCongested: () => void;
  private text = '';
  private isDue = false;
  private added = 0;
  /** How often something was written. */
  private writes = 0;

  /** `onCongested` is called when a later write, not one of the caller's own, finds that the socket does not keep up. */
  constructor(socket: Socket, onCongested: () => void) {
    this.writer = new SocketWriter(socket);
    this.onCongested = onCongested;
  }

  /** Whether something that was written has not been taken yet. */
  get isBehind(): boolean {
    return this.writer.isBehind;
  }

  /** Whether the socket does not keep up: its owner hears when it does. */
  get isCongested(): boolean {
    return this.writer.isCongested;
  }

  /** Returns false where the socket does not keep up; its drain event follows. */
  addText(text: string): boolean {
    this.added += text.length;
    this.text = this.text === '' ? text : this.text + text;
    return this.text.length <= gatherBytes || this.flush();
  }

  /** Adds bytes that are only valid during this call. Returns false where the socket does not keep up. */
  addBytes(bytes: Buffer, start: number, end: number): boolean {
    const size = end - start;
    this.added += size;
    if (this.text.length + size <= gatherBytes) {
      this.text += latin1Text(bytes, start, end);
      return true;
    }
    const before = this.text;
    this.text = '';
    this.writes++;
    const total = before.length + size;
    // A socket that still has something to write keeps this piece too: in memory of its own, of just its size.
    const memory = this.writer.isBehind || total > scratch.length ? Buffer.allocUnsafeSlow(total) : scratch;
    if (before !== '') writeLatin1(memory, before, 0);
    bytes.copy(memory, before.length, start, end);
    const keepsUp = this.writer.writeBytes(memory.subarray(0, total));
    if (memory === scratch && this.writer.isBehind) scratch = Buffer.allocUnsafeSlow(scratchBytes);
    return keepsUp;
  }

  /** Writes now. Returns false where the socket does not keep up. */
  flush(): boolean {
    const text = this.text;
    if (text === '') return true;
    this.text = '';
    this.writes++;
    return this.writer.writeText(text);
  }

  /** Writes at the end of this turn of the event loop. */
  flushSoon(): void {
    if (this.isDue || this.text === '') return;
    this.isDue = true;
    if (due.length === 0) setImmediate(flushDue);
    due.push(this);
  }

  /** For the end of a turn alone. */
  flushDue(): void {
    this.isDue = false;
    if (!this.flush()) this.onCongested();
  }

  /** Notes a place to go back to with `retract`. */
  noteMark(mark: { writes: number; length: number }): void {
    mark.writes = this.writes;
    mark.length = this.text.length;
  }

  /** Whether anything was written since the mark was noted. */
  hasWrittenSince({ writes }: { readonly writes: number }): boolean {
    return writes !== this.writes;
  }

  /** Takes back what was added since the mark; false where something of it may have been written. */
  retract({ writes, length }: { readonly writes: number; readonly length: number }): boolean {
    if (writes !== this.writes) return false;
    this.added -= this.text.length - length;
    this.text = this.text.slice(0, length);
    return true;
  }

  /** How many bytes were added since this was asked last. */
  takeAdded(): number {
    const { added } = this;
    this.added = 0;
    return added;
  }

  /** Forgets what was gathered. */
  clear(): void {
    this.text = '';
  }
}
