import type { RequestHead } from '../core/request-head.ts';
import { chunkLine, lastChunk } from '../http1/head-writer.ts';
import type { Outgoing } from '../lib/outgoing.ts';

/** Writes one request to a target: its head, and its body in the gateway's own framing. */
export class RequestSender {
  /** The request is written to its last byte. */
  complete = false;
  /** Anything may have left for the target. */
  anyByteSent = false;
  private outgoing: Outgoing | null = null;
  private chunked = false;
  private bodyEnded = false;
  /** What came of the body before there was a connection for it. */
  private held: Buffer | null = null;

  /** Begins another request. */
  reset(head: RequestHead): void {
    this.stop();
    this.chunked = head.chunked;
    this.bodyEnded = !head.hasBody;
    this.held = null;
  }

  /** There is no connection, or none any more; what was held back for one stays. */
  stop(): void {
    this.outgoing = null;
    this.complete = false;
    this.anyByteSent = false;
  }

  /** There is a connection now. Returns false where it does not keep up. */
  begin(outgoing: Outgoing, head: string): boolean {
    this.outgoing = outgoing;
    outgoing.addText(head);
    const held = this.held;
    this.held = null;
    const keepsUp = held === null || this.body(held, 0, held.length);
    if (this.bodyEnded) this.end();
    return keepsUp;
  }

  /** Passes a part of the body on; the bytes are only valid during this call. Returns false where no more should come. */
  body(bytes: Buffer, start: number, end: number): boolean {
    const { outgoing } = this;
    if (outgoing === null) {
      this.hold(bytes.subarray(start, end));
      return false;
    }
    this.anyByteSent = true;
    if (!this.chunked) return outgoing.addBytes(bytes, start, end);
    const lineFits = outgoing.addText(chunkLine(end - start));
    const bytesFit = outgoing.addBytes(bytes, start, end);
    return outgoing.addText('\r\n') && bytesFit && lineFits;
  }

  private hold(part: Buffer): void {
    this.held = this.held === null ? Buffer.from(part) : Buffer.concat([this.held, part]);
  }

  end(): void {
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
}
