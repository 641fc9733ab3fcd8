import type { ErrorCode } from '../core/error-codes.ts';
import { isToken } from '../core/field-names.ts';
import { fieldValue, type MessageHead } from '../core/message-head.ts';

const zero = 48;
const nine = 57;

/** Reads `Content-Length`: digits only, once, at most 2^53 − 1 (RFC 9110, 8.6; a list is refused although it is allowed). */
export function readContentLength(head: MessageHead, value: string): ErrorCode | null {
  if (head.contentLength >= 0) return 'invalid_framing';
  const length = value.length;
  if (length === 0 || length > 16) return 'invalid_framing';
  let number = 0;
  for (let at = 0; at < length; at++) {
    const character = value.charCodeAt(at);
    if (character < zero || character > nine) return 'invalid_framing';
    number = number * 10 + (character - zero);
  }
  if (number > Number.MAX_SAFE_INTEGER) return 'invalid_framing';
  head.contentLength = number;
  return null;
}

/** Reads `Transfer-Encoding`: `chunked` and nothing else, once (RFC 9112, 6.1). */
export function readTransferEncoding(head: MessageHead, value: string): ErrorCode | null {
  if (head.chunked) return 'invalid_framing';
  if (value === 'chunked' || value.toLowerCase() === 'chunked') {
    head.chunked = true;
    return null;
  }
  const codings = splitList(value.toLowerCase());
  const unknown = codings.some((coding) => isToken(coding) && coding !== 'chunked');
  // A known coding in the wrong place makes the length of the body ambiguous; an unknown one is merely unknown.
  if (codings.includes('chunked') && codings.indexOf('chunked') !== codings.length - 1) return 'invalid_framing';
  return unknown ? 'unsupported_transfer_coding' : 'invalid_framing';
}

/** Reads `Connection`: what it says of this connection, and the fields that it declares to be of this hop only. */
export function readConnection(head: MessageHead, value: string): ErrorCode | null {
  if (value === 'keep-alive' || value === 'Keep-Alive') {
    head.connectionKeepAlive = true;
    return null;
  }
  if (value === 'close') {
    head.connectionClose = true;
    return null;
  }
  for (const option of splitList(value.toLowerCase())) {
    // RFC 9110, 5.6.1: a recipient has to accept empty elements of a list.
    if (option === '') continue;
    if (!isToken(option)) return 'malformed_request';
    if (option === 'close') head.connectionClose = true;
    else if (option === 'keep-alive') head.connectionKeepAlive = true;
    else {
      if (option === 'upgrade') head.connectionUpgrade = true;
      (head.connectionNames ??= []).push(option);
    }
  }
  return null;
}

/** As `readContentLength` does, for a field of `head`. */
export function readContentLengthAt(head: MessageHead, index: number): ErrorCode | null {
  const number = head.contentLength < 0 ? head.digitsAt(index) : -1;
  if (number < 0) return readContentLength(head, head.valueAt(index));
  head.contentLength = number;
  return null;
}

/** As `readConnection` does, for a field of `head`. */
export function readConnectionAt(head: MessageHead, index: number): ErrorCode | null {
  if (head.isValue(index, 'keep-alive')) {
    head.connectionKeepAlive = true;
    return null;
  }
  return readConnection(head, head.valueAt(index));
}

/** The elements of a list, without the blanks around them: spaces and tabs, not what Unicode counts among them. */
function splitList(value: string): string[] {
  return value.split(',').map((element) => fieldValue(element, -1, element.length));
}
