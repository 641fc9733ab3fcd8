import { fieldRole } from '../core/field-names.ts';
import type { BodyFraming } from '../core/message-head.ts';
import type { Reply } from '../core/reply.ts';
import type { RequestHead } from '../core/request-head.ts';
import type { ResponseHead } from '../core/response-head.ts';
import {
  chunkLine,
  endToEndFields,
  lastChunk,
  lengthLine,
  rolesOf,
  startLineAndFields,
  statusLine,
} from '../http1/head-writer.ts';
import type { Outgoing } from '../lib/outgoing.ts';

/** Of an answer's fields, those that are passed on unless a policy replaces them. */
export const passedOnAnswers = rolesOf(
  fieldRole.plain,
  fieldRole.date,
  fieldRole.traceparent,
  fieldRole.forwardedOther,
  fieldRole.rateLimit,
  fieldRole.cors,
);

const shortStatusLine = 'HTTP/1.1 200\r\n';

/** What the gateway adds to an answer. */
export interface ResponseExtras {
  /** Whole lines. */
  readonly fields: string;
  /** Asked only where the answer has none of its own. */
  readonly date: { get(): string };
  /** Roles of fields of the target's that `fields` replace, as a set of bits. */
  readonly replacedRoles: number;
  /** The connection ends after this answer. */
  readonly close: boolean;
}

/** Writes one answer to the client: head first, then the body in the gateway's own framing (RFC 9112, 6). */
export class ClientResponse {
  private outgoing: Outgoing | null = null;
  /** 0 until a head was written. */
  status = 0;
  bodyBytes = 0;
  /** The end of the body is the end of the connection, or this answer said that the connection ends. */
  closes = false;
  private chunked = false;
  private withBody = false;
  private beginning = { writes: 0, length: 0 };

  reset(outgoing: Outgoing): void {
    this.outgoing = outgoing;
    this.clear();
  }

  /** The client's connection is not kept alive by what was written to it. */
  release(): void {
    this.outgoing = null;
  }

  private clear(): void {
    this.status = 0;
    this.bodyBytes = 0;
    this.closes = false;
    this.chunked = false;
    this.withBody = false;
  }

  get started(): boolean {
    return this.status !== 0;
  }

  /** Takes an answer back of which nothing has left yet; false where that is too late. */
  retract(): boolean {
    if (this.outgoing?.retract(this.beginning) !== true) return false;
    this.clear();
    return true;
  }

  interim(line: string): void {
    this.outgoing?.addText(line);
  }

  /** Passes the head of a target's answer on. */
  begin(head: ResponseHead, request: RequestHead, extras: ResponseExtras): void {
    this.status = head.status;
    if (this.outgoing !== null) this.outgoing.noteMark(this.beginning);
    const framing = head.framingFor(request.method);
    this.withBody = framing !== 'none';
    const unknownLength = framing === 'chunked' || framing === 'close';
    this.chunked = unknownLength && request.minorVersion === 1;
    this.closes = extras.close || (unknownLength && !this.chunked);
    const passing = passedOnAnswers & ~extras.replacedRoles;
    // A status line ends here where the target left out the blank before an empty reason (RFC 9112, 4).
    const isComplete = head.startLineEnd - head.startLineStart > shortStatusLine.length;
    let text =
      head.minorVersion === 1 && isComplete
        ? startLineAndFields(head, passing)
        : `HTTP/1.1 ${head.status} ${head.reason}\r\n${endToEndFields(head, passing)}`;
    if (!head.hasDate) text += extras.date.get();
    text += this.framingLine(head, framing, request);
    text += extras.fields;
    text += this.connectionLine(request);
    this.outgoing?.addText(`${text}\r\n`);
  }

  private framingLine(head: ResponseHead, framing: BodyFraming, request: RequestHead): string {
    if (this.chunked) return 'Transfer-Encoding: chunked\r\n';
    if (framing === 'close' || framing === 'chunked') return '';
    // RFC 9110, 8.6: never in a 204; on HEAD and 304 it tells of the body that a GET would have had.
    if (head.contentLength >= 0 && head.status !== 204) return lengthLine(head.contentLength);
    const wouldBeChunked = head.chunked && request.method === 'HEAD' && request.minorVersion === 1;
    return wouldBeChunked ? 'Transfer-Encoding: chunked\r\n' : '';
  }

  /** Writes a whole answer of the gateway's own. */
  reply(reply: Reply, request: RequestHead, extras: ResponseExtras): void {
    const body = Buffer.from(reply.body, 'utf8');
    this.status = reply.status;
    this.closes = extras.close;
    let text = statusLine(reply.status) + extras.date.get();
    for (const [name, value] of reply.fields) text += `${name}: ${value}\r\n`;
    if (reply.status !== 204) text += lengthLine(body.length);
    this.outgoing?.addText(`${text}${extras.fields}${this.connectionLine(request)}\r\n`);
    if (request.method !== 'HEAD' && reply.status !== 204 && reply.status !== 304) {
      this.bodyBytes = body.length;
      this.outgoing?.addBytes(body, 0, body.length);
    }
  }

  private connectionLine(request: RequestHead): string {
    if (this.closes) return 'Connection: close\r\n';
    return request.minorVersion === 0 ? 'Connection: keep-alive\r\n' : '';
  }

  /** Returns false where the client does not keep up. */
  body(bytes: Buffer, start: number, end: number): boolean {
    const { outgoing } = this;
    if (!this.withBody || outgoing === null) return true;
    this.bodyBytes += end - start;
    if (!this.chunked) return outgoing.addBytes(bytes, start, end);
    const lineFits = outgoing.addText(chunkLine(end - start));
    const bytesFit = outgoing.addBytes(bytes, start, end);
    return outgoing.addText('\r\n') && bytesFit && lineFits;
  }

  end(): void {
    if (this.chunked) this.outgoing?.addText(lastChunk);
  }
}
