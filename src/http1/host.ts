import { isIPv6 } from 'node:net';

const letter = 1;
const hexadecimal = 2;
const characterKinds = new Uint8Array(256);
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~') {
  characterKinds[character.charCodeAt(0)] = letter;
}
for (const character of '0123456789abcdefABCDEF:.') {
  characterKinds[character.charCodeAt(0)] = (characterKinds[character.charCodeAt(0)] ?? 0) | hexadecimal;
}
const dot = 46;
const colon = 58;
const openBracket = 91;
const closeBracket = 93;
const zero = 48;
const nine = 57;

/**
 * Whether a text is `host [":" port]` as a Host field may hold it (RFC 9110, 7.2): a name or IPv4 address of letters,
 * digits, `-`, `.`, `_` and `~`, or an IPv6 address in brackets. Stricter than the RFC: no percent-encoding, no
 * sub-delimiters, no empty host.
 */
export function isHost(text: string): boolean {
  const length = text.length;
  if (length === 0 || length > 260) return false;
  let at = 0;
  if (text.charCodeAt(0) === openBracket) {
    at = 1;
    while (at < length && ((characterKinds[text.charCodeAt(at)] ?? 0) & hexadecimal) !== 0) at++;
    if (text.charCodeAt(at) !== closeBracket || !isIPv6(text.slice(1, at))) return false;
    at++;
  } else {
    while (at < length && ((characterKinds[text.charCodeAt(at)] ?? 0) & letter) !== 0) at++;
    if (at === 0 || text.charCodeAt(0) === dot || text.includes('..')) return false;
  }
  return at === length || (text.charCodeAt(at) === colon && isPort(text, at + 1));
}

function isPort(text: string, start: number): boolean {
  const digits = text.length - start;
  if (digits < 1 || digits > 5) return false;
  let port = 0;
  for (let at = start; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character < zero || character > nine) return false;
    port = port * 10 + (character - zero);
  }
  return port <= 65_535;
}
