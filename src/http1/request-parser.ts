import type { ErrorCode } from '../core/error-codes.ts';
import { fieldRole, type FieldRole } from '../core/field-names.ts';
import { RequestHead } from '../core/request-head.ts';
import { readConnectionAt, readContentLengthAt, readTransferEncoding } from './framing-fields.ts';
import { latin1Text } from '../lib/latin1.ts';
import { HeadParser } from './head-parser.ts';
import { skipName, wordsOf } from './head-scan.ts';
import { isHost } from './host.ts';
import { maximumMethodLength, version10, version11, versionStart, type HeadLimits } from './limits.ts';

const space = 32;
const numberSign = 35;
const asterisk = 42;
const slash = 47;
const questionMark = 63;
const del = 127;
/** First byte of a TLS record that opens a handshake (RFC 8446, 5.1). */
const tlsHandshake = 0x16;

/** What may stand in a target as it is (RFC 9112, 3.2); 1 for what ends a part of it or has no place there. */
const targetStops = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const isPlain = byte > space && byte < del && byte !== numberSign && byte !== questionMark;
  targetStops[byte] = isPlain ? 0 : 1;
}

interface Line {
  readonly start: number;
  readonly end: number;
  readonly base: number;
}

/** Parses the heads of requests, one after the other, into the same `head` (RFC 9112, 3). */
export class RequestParser extends HeadParser<RequestHead> {
  private hostFields = 0;
  private absoluteForm = false;
  /** The last host that was found to be one, since a connection asks for the same again and again; at first no host. */
  private checkedHost = ' ';
  /** Where the target stands in the text of the head. */
  private targetStart = 0;
  private queryStart = 0;
  private targetEnd = 0;

  constructor(limits: HeadLimits) {
    super(new RequestHead(), limits);
  }

  reset(limits: HeadLimits): void {
    this.resetParser(limits, 'empty-line');
    this.head.reset();
    this.hostFields = 0;
    this.absoluteForm = false;
  }

  protected override malformed(firstCharacter: number): ErrorCode {
    return firstCharacter === tlsHandshake ? 'not_plain_http' : 'malformed_request';
  }

  protected override readStartLine(bytes: Buffer, line: Line): ErrorCode | null {
    const { start, end, base } = line;
    const methodEnd = skipName(bytes, start, end);
    const length = methodEnd - start;
    if (length === 0 || length > maximumMethodLength || methodEnd === end) return 'malformed_request';
    if (bytes[methodEnd] !== space) return 'malformed_request';
    this.head.method = methodAt(bytes, start, methodEnd);
    const queryStart = skipTarget(bytes, methodEnd + 1, end);
    let targetEnd = queryStart;
    while (targetEnd < end && bytes[targetEnd] === questionMark) targetEnd = skipTarget(bytes, targetEnd + 1, end);
    if (targetEnd < end && bytes[targetEnd] !== space) return 'invalid_target';
    if (targetEnd === methodEnd + 1 || targetEnd === end) return 'malformed_request';
    const versionError = this.readVersion(bytes, targetEnd + 1, end);
    if (versionError !== null) {
      const isPreface = versionError === 'unsupported_version' && this.head.method === 'PRI';
      return isPreface ? 'not_plain_http' : versionError;
    }
    if (this.head.method === 'CONNECT') return 'method_not_allowed';
    this.targetStart = methodEnd + 1 - base;
    this.queryStart = queryStart - base;
    this.targetEnd = targetEnd - base;
    // Origin form, and otherwise absolute form or asterisk form (RFC 9112, 3.2); the authority form goes with CONNECT alone.
    if (bytes[methodEnd + 1] === slash) return null;
    return this.readOtherForm(bytes, methodEnd + 1, queryStart);
  }

  private readVersion(bytes: Buffer, start: number, end: number): ErrorCode | null {
    if (end - start === 8) {
      const words = wordsOf(bytes);
      if (words.getInt32(start) === versionStart) {
        const rest = words.getInt32(start + 4);
        if (rest === version11) return null;
        if (rest === version10) {
          this.head.minorVersion = 0;
          return null;
        }
      }
    }
    const version = latin1Text(bytes, start, end);
    const wellFormed = version.length === 8 && version.startsWith('HTTP/') && version[6] === '.';
    const otherMajor =
      wellFormed && isDigit(version.charCodeAt(5)) && isDigit(version.charCodeAt(7)) && version[5] !== '1';
    return otherMajor ? 'unsupported_version' : 'malformed_request';
  }

  private readOtherForm(bytes: Buffer, start: number, queryStart: number): ErrorCode | null {
    const { head } = this;
    head.isOriginForm = false;
    if (bytes[start] === asterisk && queryStart === start + 1) {
      head.path = '*';
      return head.method === 'OPTIONS' && this.queryStart === this.targetEnd ? null : 'invalid_target';
    }
    return this.readAbsoluteForm(latin1Text(bytes, start, queryStart));
  }

  protected override takeStartLine(text: string): void {
    const { head, queryStart, targetEnd } = this;
    if (queryStart !== targetEnd) head.query = text.slice(queryStart, targetEnd);
    if (head.isOriginForm) head.path = text.slice(this.targetStart, queryStart);
  }

  private readAbsoluteForm(target: string): ErrorCode | null {
    const schemeEnd = target.indexOf('://');
    const scheme = target.slice(0, Math.max(schemeEnd, 0)).toLowerCase();
    if (scheme !== 'http' && scheme !== 'https') return 'invalid_target';
    const authorityStart = schemeEnd + 3;
    const slashAt = target.indexOf('/', authorityStart);
    const authorityEnd = slashAt < 0 ? target.length : slashAt;
    this.head.host = target.slice(authorityStart, authorityEnd);
    if (!isHost(this.head.host)) return 'invalid_target';
    this.absoluteForm = true;
    this.head.path = slashAt < 0 ? '/' : target.slice(slashAt);
    return null;
  }

  protected override readField(role: FieldRole, index: number): ErrorCode | null {
    const head = this.head;
    switch (role) {
      case fieldRole.host:
        return this.readHost(index);
      case fieldRole.contentLength:
        return readContentLengthAt(head, index);
      case fieldRole.transferEncoding:
        return readTransferEncoding(head, head.valueAt(index));
      case fieldRole.connection:
        return readConnectionAt(head, index);
      case fieldRole.expect:
        if (head.valueAt(index).toLowerCase() !== '100-continue') return 'expectation_failed';
        head.expectsContinue = true;
        return null;
      case fieldRole.upgrade:
        // RFC 9110, 7.8: an offer may be passed over. Clients that offer h2c are content with HTTP/1.1.
        head.wantsUpgrade ||= head.valueAt(index).toLowerCase() !== 'h2c';
        return null;
      case fieldRole.requestId:
        head.requestId = head.requestId === '' ? head.valueAt(index) : ' ';
        return null;
      case fieldRole.traceparent:
        head.traceparent = head.traceparent === '' ? head.valueAt(index) : ' ';
        return null;
      case fieldRole.forwardedFor: {
        const value = head.valueAt(index);
        head.forwardedFor = head.forwardedFor === '' ? value : `${head.forwardedFor}, ${value}`;
        return null;
      }
      case fieldRole.forwardedProto:
        head.forwardedProto = head.valueAt(index);
        return null;
      case fieldRole.forwardedHost:
        head.forwardedHost = head.valueAt(index);
        return null;
      default:
        return null;
    }
  }

  private readHost(index: number): ErrorCode | null {
    const { head } = this;
    if (++this.hostFields > 1) return 'invalid_host';
    if (!head.isValue(index, this.checkedHost)) {
      const value = head.valueAt(index);
      if (!isHost(value)) return 'invalid_host';
      // A copy: a slice of the head would keep all of it alive, and takes longer to compare with.
      this.checkedHost = Buffer.from(value, 'latin1').toString('latin1');
    }
    // RFC 9112, 3.2.2: the authority of an absolute target replaces what Host says.
    if (!this.absoluteForm) head.host = this.checkedHost;
    return null;
  }

  protected override finishHead(): ErrorCode | null {
    const head = this.head;
    if (this.hostFields === 0 && head.minorVersion === 1) return 'invalid_host';
    if (head.chunked && (head.contentLength >= 0 || head.minorVersion === 0)) return 'invalid_framing';
    // RFC 9110, 10.1.1: an HTTP/1.0 client cannot mean it.
    if (head.minorVersion === 0) head.expectsContinue = false;
    if (!head.hasBody) head.expectsContinue = false;
    return null;
  }
}

function isDigit(character: number): boolean {
  return character >= 48 && character <= 57;
}

/** The first byte in `bytes[start, end)` that ends a path or a query, or has no place there; or `end`. */
function skipTarget(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && targetStops[bytes[at] ?? 0] === 0) at++;
  return at;
}

/** Methods of daily use, by the letter that they begin with and their length, so that most need no text of their own. */
const knownMethods: (string | undefined)[] = [];
for (const method of ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'PATCH', 'OPTIONS']) {
  knownMethods[methodPlace(method.charCodeAt(0), method.length)] = method;
}

function methodPlace(firstByte: number, length: number): number {
  return (length << 5) | (firstByte & 31);
}

function methodAt(bytes: Buffer, start: number, end: number): string {
  const known = knownMethods[methodPlace(bytes[start] ?? 0, end - start)];
  if (known === undefined) return latin1Text(bytes, start, end);
  for (let at = 0; at < known.length; at++) {
    if (bytes[start + at] !== known.charCodeAt(at)) return latin1Text(bytes, start, end);
  }
  return known;
}
