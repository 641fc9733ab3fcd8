import type { ErrorCode } from '../core/error-codes.ts';
import { fieldRole, isToken, type FieldRole } from '../core/field-names.ts';
import { RequestHead } from '../core/request-head.ts';
import { readConnection, readContentLength, readTransferEncoding } from './framing-fields.ts';
import { HeadParser } from './head-parser.ts';
import { isHost } from './host.ts';
import { maximumMethodLength, type HeadLimits } from './limits.ts';

const space = 32;
const numberSign = 35;
const slash = 47;
const questionMark = 63;
const del = 127;
/** First byte of a TLS record that opens a handshake (RFC 8446, 5.1). */
const tlsHandshake = 0x16;

/** Parses the heads of requests, one after the other, into the same `head` (RFC 9112, 3). */
export class RequestParser extends HeadParser<RequestHead> {
  private hostFields = 0;
  private absoluteForm = false;
  private checkedHost: string | null = null;

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

  protected override readStartLine(text: string, start: number, end: number): ErrorCode | null {
    const head = this.head;
    const methodEnd = text.indexOf(' ', start);
    if (methodEnd < 0 || methodEnd > end || methodEnd - start > maximumMethodLength) return 'malformed_request';
    if (!isToken(text, start, methodEnd)) return 'malformed_request';
    head.method = knownMethod(text.slice(start, methodEnd));
    const targetStart = methodEnd + 1;
    let targetEnd = targetStart;
    let queryStart = -1;
    while (targetEnd < end) {
      const character = text.charCodeAt(targetEnd);
      if (character === space) break;
      if (character < space || character >= del) return 'invalid_target';
      if (character === numberSign) return 'invalid_target';
      if (character === questionMark && queryStart < 0) queryStart = targetEnd;
      targetEnd++;
    }
    if (targetEnd === targetStart || targetEnd === end) return 'malformed_request';
    const versionError = this.readVersion(text.slice(targetEnd + 1, end));
    if (versionError !== null) {
      const isPreface = versionError === 'unsupported_version' && head.method === 'PRI';
      return isPreface ? 'not_plain_http' : versionError;
    }
    return this.readTarget(text, targetStart, { queryStart: queryStart < 0 ? targetEnd : queryStart, targetEnd });
  }

  private readVersion(version: string): ErrorCode | null {
    if (version === 'HTTP/1.1') return null;
    if (version === 'HTTP/1.0') {
      this.head.minorVersion = 0;
      return null;
    }
    const wellFormed = version.length === 8 && version.startsWith('HTTP/') && version[6] === '.';
    const otherMajor =
      wellFormed && isDigit(version.charCodeAt(5)) && isDigit(version.charCodeAt(7)) && version[5] !== '1';
    return otherMajor ? 'unsupported_version' : 'malformed_request';
  }

  /** Origin form, absolute form or asterisk form (RFC 9112, 3.2); the authority form goes with CONNECT alone. */
  private readTarget(text: string, start: number, ends: { queryStart: number; targetEnd: number }): ErrorCode | null {
    const head = this.head;
    if (head.method === 'CONNECT') return 'method_not_allowed';
    head.query = ends.queryStart === ends.targetEnd ? '' : text.slice(ends.queryStart, ends.targetEnd);
    if (text.charCodeAt(start) === slash) {
      head.path = text.slice(start, ends.queryStart);
      return null;
    }
    head.isOriginForm = false;
    const target = text.slice(start, ends.queryStart);
    if (target === '*') {
      head.path = '*';
      return head.method === 'OPTIONS' && head.query === '' ? null : 'invalid_target';
    }
    return this.readAbsoluteForm(target);
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

  protected override readField(role: FieldRole, value: string): ErrorCode | null {
    const head = this.head;
    switch (role) {
      case fieldRole.host:
        return this.readHost(value);
      case fieldRole.contentLength:
        return readContentLength(head, value);
      case fieldRole.transferEncoding:
        return readTransferEncoding(head, value);
      case fieldRole.connection:
        return readConnection(head, value);
      case fieldRole.expect:
        if (value.toLowerCase() !== '100-continue') return 'expectation_failed';
        head.expectsContinue = true;
        return null;
      case fieldRole.upgrade:
        // RFC 9110, 7.8: an offer may be passed over. Clients that offer h2c are content with HTTP/1.1.
        head.wantsUpgrade ||= value.toLowerCase() !== 'h2c';
        return null;
      case fieldRole.requestId:
        head.requestId = head.requestId === '' ? value : ' ';
        return null;
      case fieldRole.traceparent:
        head.traceparent = head.traceparent === '' ? value : ' ';
        return null;
      case fieldRole.forwardedFor:
        head.forwardedFor = head.forwardedFor === '' ? value : `${head.forwardedFor}, ${value}`;
        return null;
      case fieldRole.forwardedProto:
        head.forwardedProto = value;
        return null;
      case fieldRole.forwardedHost:
        head.forwardedHost = value;
        return null;
      default:
        return null;
    }
  }

  private readHost(value: string): ErrorCode | null {
    if (++this.hostFields > 1) return 'invalid_host';
    if (value !== this.checkedHost) {
      if (!isHost(value)) return 'invalid_host';
      this.checkedHost = value;
    }
    // RFC 9112, 3.2.2: the authority of an absolute target replaces what Host says.
    if (!this.absoluteForm) this.head.host = value;
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

/** The constant for a method of daily use, so that a short slice does not keep a whole head alive. */
function knownMethod(method: string): string {
  switch (method) {
    case 'GET':
      return 'GET';
    case 'POST':
      return 'POST';
    case 'PUT':
      return 'PUT';
    case 'HEAD':
      return 'HEAD';
    case 'DELETE':
      return 'DELETE';
    case 'PATCH':
      return 'PATCH';
    case 'OPTIONS':
      return 'OPTIONS';
    default:
      return method;
  }
}
