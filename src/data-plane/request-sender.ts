import type { RequestHead } from '../core/request-head.ts';
import { chunkLine, lastChunk } from '../http1/head-writer.ts';
import type { Outgoing } from '../lib/outgoing.ts';

/** Takes a copy of what is sent. */
export interface BodyCopy {
  /** The bytes are only valid during this call. */
  add(bytes: Buffer, start: number, end: number): void;
  /** The body is whole. */
  end(): void;
  /** No more is to come, whole or not. */
  cut(): void;
}

/** Writes one request to a target, perhaps to another one after it: its head, and its body in the gateway's framing. */
export class RequestSender {
  /** The request is written to its last byte. */
  complete = false;
  /** Anything of this request may have reached any target. */
  anyByteSent = false;
  /** The whole body is there. */
  bodyEnded = false;
  /** Where a copy of the body goes too; null for nowhere. */
  copy: BodyCopy | null = null;
  private outgoing: Outgoing | null = null;
  private chunked = false;
  /** All of the body so far: until there is a connection, and beyond that as long as it may have to be sent again. */
  private kept: Buffer[] = [];
  private keptBytes = 0;
  private keepLimit = 0;
  private keeping = true;

  /** Begins another request. */
  reset(head: RequestHead): void {
    this.stop();
    this.anyByteSent = false;
    this.chunked = head.chunked;
    this.bodyEnded = !head.hasBody;
    this.keepLimit = 0;
    this.keeping = true;
    this.forget();
  }

  /** So many bytes of the body are kept to be sent again; without this, none but those that wait for a connection. */
  keepUpTo(bytes: number): void {
    this.keepLimit = bytes;
  }

  /** There is no connection any more; what was kept stays. */
  stop(): void {
    this.outgoing = null;
    this.complete = false;
  }

  /** Whether another target can still be sent all of the request. */
  get repeatable(): boolean {
    return this.keeping;
  }

  /** A copy of all of the body so far, where all of it is still there. */
  heldBody(): Buffer {
    return Buffer.concat(this.kept);
  }

  /** There is a connection now. Returns false where it does not keep up. */
  begin(outgoing: Outgoing, head: string): boolean {
    this.outgoing = outgoing;
    outgoing.addText(head);
    const parts = this.kept;
    if (this.keptBytes > this.keepLimit) this.stopKeeping();
    let keepsUp = true;
    for (const part of parts) keepsUp = this.write(outgoing, part, { start: 0, end: part.length }) && keepsUp;
    if (this.bodyEnded) this.end();
    return keepsUp;
  }

  /** Passes a part of the body on; the bytes are only valid during this call. Returns false where no more should come. */
  body(bytes: Buffer, start: number, end: number): boolean {
    const { outgoing } = this;
    if (this.copy !== null) this.copy.add(bytes, start, end);
    if (this.keeping && (outgoing === null || this.keepLimit > 0)) this.keep(bytes.subarray(start, end));
    if (outgoing === null) return false;
    if (this.keptBytes > this.keepLimit) this.stopKeeping();
    else if (this.keepLimit === 0) this.keeping = false;
    return this.write(outgoing, bytes, { start, end });
  }

  private write(outgoing: Outgoing, bytes: Buffer, { start, end }: { start: number; end: number }): boolean {
    this.anyByteSent = true;
    if (!this.chunked) return outgoing.addBytes(bytes, start, end);
    const lineFits = outgoing.addText(chunkLine(end - start));
    const bytesFit = outgoing.addBytes(bytes, start, end);
    return outgoing.addText('\r\n') && bytesFit && lineFits;
  }

  private keep(part: Buffer): void {
    this.kept.push(Buffer.from(part));
    this.keptBytes += part.length;
  }

  private stopKeeping(): void {
    this.keeping = false;
    this.forget();
  }

  private forget(): void {
    if (this.kept.length > 0) this.kept = [];
    this.keptBytes = 0;
  }

  end(): void {
    if (!this.bodyEnded) this.copy?.end();
    this.bodyEnded = true;
    if (this.outgoing === null || this.complete) return;
    if (this.chunked) this.outgoing.addText(lastChunk);
    this.complete = true;
  }

  /** Writes what is gathered, at the end of this turn. */
  flush(): void {
    if (this.outgoing === null) return;
    this.anyByteSent = true;
    this.outgoing.flushSoon();
  }

  /** The fate of the request is known: nothing of it is needed any more. */
  release(): void {
    this.copy?.cut();
    this.copy = null;
    this.stop();
    this.forget();
  }
}
