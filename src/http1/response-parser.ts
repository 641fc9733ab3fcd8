import type { ErrorCode } from '../core/error-codes.ts';
import { fieldRole, type FieldRole } from '../core/field-names.ts';
import { ResponseHead } from '../core/response-head.ts';
import { readConnectionAt, readContentLengthAt, readTransferEncoding } from './framing-fields.ts';
import { HeadParser } from './head-parser.ts';
import { wordsOf } from './head-scan.ts';
import { version10, version11, versionStart, type HeadLimits } from './limits.ts';

const space = 32;
/** Of a status line without its reason: `HTTP/1.1 200`. */
const statusLineBytes = 12;

/** Parses the heads of responses, one after the other, into the same `head` (RFC 9112, 4). */
export class ResponseParser extends HeadParser<ResponseHead> {
  constructor(limits: HeadLimits) {
    super(new ResponseHead(), limits);
  }

  reset(limits: HeadLimits): void {
    // A response has no empty line before it, so the parser is told that it was skipped already.
    this.resetParser(limits, 'start-line');
    this.head.reset();
  }

  protected override malformed(): ErrorCode {
    return 'upstream_invalid_response';
  }

  protected override readStartLine(bytes: Buffer, { start, end }: { start: number; end: number }): ErrorCode | null {
    const head = this.head;
    if (end - start < statusLineBytes) return 'upstream_invalid_response';
    const words = wordsOf(bytes);
    const rest = words.getInt32(start + 4);
    if (words.getInt32(start) !== versionStart || (rest !== version11 && rest !== version10)) {
      return 'upstream_invalid_response';
    }
    head.minorVersion = rest === version11 ? 1 : 0;
    const status = readStatus(bytes, start + 9);
    if (bytes[start + 8] !== space || status < 100) return 'upstream_invalid_response';
    head.status = status;
    // The space before an empty reason is asked for (RFC 9112, 4) and often left out; nothing depends on it.
    const isBare = end - start === statusLineBytes;
    return isBare || bytes[start + statusLineBytes] === space ? null : 'upstream_invalid_response';
  }

  protected override takeStartLine(): void {
    // Nobody asks for the reason of an answer that is passed on as it came.
  }

  protected override readField(role: FieldRole, index: number): ErrorCode | null {
    const head = this.head;
    switch (role) {
      case fieldRole.contentLength:
        return readContentLengthAt(head, index);
      case fieldRole.transferEncoding:
        return readTransferEncoding(head, head.valueAt(index));
      case fieldRole.connection:
        return readConnectionAt(head, index);
      case fieldRole.date:
        head.hasDate = true;
        return null;
      case fieldRole.keepAlive:
        head.keepAliveSeconds = keepAliveTimeout(head.valueAt(index));
        return null;
      default:
        return null;
    }
  }

  protected override finishHead(): ErrorCode | null {
    const head = this.head;
    if (head.chunked && (head.contentLength >= 0 || head.minorVersion === 0)) return 'invalid_framing';
    // RFC 9110, 15.2: HTTP/1.0 has no interim responses. Behind one that ends the connection, some read on and others do not.
    const isInterim = head.status < 200;
    return isInterim && (head.minorVersion === 0 || head.connectionClose) ? 'upstream_invalid_response' : null;
  }
}

/** The three digits at `start` as a number from 100 to 599, or -1. */
function readStatus(bytes: Buffer, start: number): number {
  let status = 0;
  for (let at = start; at < start + 3; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    status = status * 10 + digit;
  }
  return status >= 100 && status <= 599 ? status : -1;
}

function keepAliveTimeout(value: string): number {
  for (const part of value.split(',')) {
    const [name, seconds] = part.split('=');
    if (name?.trim().toLowerCase() === 'timeout' && seconds !== undefined) {
      const number = Number.parseInt(seconds, 10);
      return Number.isSafeInteger(number) && number >= 0 ? number : -1;
    }
  }
  return -1;
}
