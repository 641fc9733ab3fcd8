import { hexadecimalValue } from '../lib/hexadecimal.ts';

const space = 32;
const slash = 47;
const dot = 46;
const percent = 37;
const backslash = 92;
const semicolon = 59;

/** 1 for the characters that mean the same whether they are escaped or not (RFC 3986, 2.3). */
const unreserved = new Uint8Array(256);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~') {
  unreserved[character.charCodeAt(0)] = 1;
}

/**
 * The one form of a path that routes are matched on and that targets get (RFC 3986, 6.2.2 and 5.2.4): unreserved
 * characters unescaped, other escapes in upper case, dot segments resolved, empty segments collapsed.
 *
 * Null where no safe form exists: the path leaves the root, holds a backslash, an escaped slash, backslash or NUL, an
 * escape that is not two hexadecimal digits, a byte that no UTF-8 text holds, an over-long encoding, or dots with what some
 * servers take off a segment before they look at it: parameters and blanks (`..;x`, `..%3B`, `..%20`).
 */
export function normalisePath(path: string): string | null {
  let previous = 0;
  for (let at = 0; at < path.length; at++) {
    const character = path.charCodeAt(at);
    const suspicious = character === percent || character === backslash;
    if (suspicious || (previous === slash && (character === slash || character === dot))) {
      return normaliseSlowly(path);
    }
    previous = character;
  }
  return path;
}

function normaliseSlowly(path: string): string | null {
  const unescaped = unescapeUnreserved(path);
  return unescaped === null ? null : resolveSegments(unescaped);
}

function unescapeUnreserved(path: string): string | null {
  let result = '';
  for (let at = 0; at < path.length; at++) {
    const character = path.charCodeAt(at);
    if (character === backslash) return null;
    if (character !== percent) {
      result += path[at];
      continue;
    }
    const byte = escapedByte(path, at);
    if (byte <= 0 || byte === slash || byte === backslash || isNeverInUtf8(byte)) return null;
    if ((byte === 0xe0 || byte === 0xf0) && isOverlong(byte, escapedByte(path, at + 3))) return null;
    result += unreserved[byte] === 1 ? String.fromCharCode(byte) : path.slice(at, at + 3).toUpperCase();
    at += 2;
  }
  return result;
}

/** The byte that the escape at `start` stands for, or -1 where there is none. */
function escapedByte(path: string, start: number): number {
  if (path.charCodeAt(start) !== percent) return -1;
  const high = hexadecimalValue(path.charCodeAt(start + 1));
  const low = hexadecimalValue(path.charCodeAt(start + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** Whether three or four bytes that begin like this encode what fewer could: a slash in disguise (RFC 3629, 3). */
function isOverlong(first: number, second: number): boolean {
  return second >= 0x80 && second < (first === 0xe0 ? 0xa0 : 0x90);
}

/** Bytes that only over-long or out-of-range encodings begin with (RFC 3629, 3). */
function isNeverInUtf8(byte: number): boolean {
  return byte === 0xc0 || byte === 0xc1 || byte >= 0xf5;
}

function resolveSegments(path: string): string | null {
  const kept: string[] = [];
  const segments = path.split('/');
  const last = segments.length - 1;
  for (let at = 1; at <= last; at++) {
    const segment = segments[at] ?? '';
    if (isDisguisedDotSegment(segment)) return null;
    if (segment === '..') {
      if (kept.pop() === undefined) return null;
    } else if (segment !== '.' && segment !== '') {
      kept.push(segment);
      continue;
    }
    // What a dot segment or an empty one leaves at the end is a folder: its slash stays.
    if (at === last) kept.push('');
  }
  return `/${kept.join('/')}`;
}

/** Whether a segment is one or two dots once escaped blanks around it and its parameters are gone, but not as it stands. */
function isDisguisedDotSegment(segment: string): boolean {
  const dotsStart = afterBlanks(segment, 0);
  let at = dotsStart;
  while (segment.charCodeAt(at) === dot) at++;
  const dots = at - dotsStart;
  if (dots !== 1 && dots !== 2) return false;
  const end = afterBlanks(segment, at);
  if (end === segment.length) return dots !== segment.length;
  return segment.charCodeAt(end) === semicolon || escapedByte(segment, end) === semicolon;
}

/** The index after the escaped blanks and control characters at `start`. */
function afterBlanks(segment: string, start: number): number {
  let at = start;
  for (let byte = escapedByte(segment, at); byte >= 0 && byte <= space; byte = escapedByte(segment, at)) at += 3;
  return at;
}
