import { isUtf8 } from 'node:buffer';

const quote = 0x22;
const backslash = 0x5c;
const lastPlain = 0x7e;

/** Text whose characters are bytes, as UTF-8 where it is that. */
export function decodeBytes(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : text;
}

/**
 * Text as it can stand in a JSON string (RFC 8259, section 7), in valid UTF-8. Nothing in it can steer a terminal that
 * shows it.
 */
export function escapeText(text: string): string {
  let escaped = '';
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) ?? 0;
    if (code > 0xffff) {
      at += 1;
    } else if (code === quote || code === backslash) {
      escaped += `${text.slice(copied, at)}\\`;
      copied = at;
    } else if (isHidden(code)) {
      escaped += `${text.slice(copied, at)}\\u${code.toString(16).padStart(4, '0')}`;
      copied = at + 1;
    }
  }
  return escaped + text.slice(copied);
}

/** Control characters, those that change the direction or the joining of text, line separators, and lone surrogates. */
function isHidden(code: number): boolean {
  if (code < 0x20 || (code > lastPlain && code < 0xa0) || code === 0xad || code === 0x61c || code === 0xfeff)
    return true;
  if (code >= 0x200b && code <= 0x206f) return code <= 0x200f || code >= 0x2060 || (code >= 0x2028 && code <= 0x202e);
  return code >= 0xd800 && code <= 0xdfff;
}

const everyHighBit = 0x8080_8080;

/** Whether `[start, end)` holds nothing but blanks and visible ASCII, without quotation marks and backslashes. */
export function isPlainAscii(bytes: DataView, start: number, end: number): boolean {
  let at = start;
  let found = 0;
  // Four bytes at a time: a high bit stands in `found` where one of them is not plain, or one beside it.
  for (; at + 4 <= end; at += 4) {
    const word = bytes.getInt32(at);
    const quotes = word ^ 0x2222_2222;
    const backslashes = word ^ 0x5c5c_5c5c;
    found |=
      word |
      (word - 0x2020_2020) |
      (word + 0x0101_0101) |
      ((quotes - 0x0101_0101) & ~quotes) |
      ((backslashes - 0x0101_0101) & ~backslashes);
  }
  if ((found & everyHighBit) !== 0) return isPlainEach(bytes, start, end);
  return isPlainEach(bytes, at, end);
}

function isPlainEach(bytes: DataView, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes.getUint8(at);
    if (byte < 0x20 || byte > lastPlain || byte === quote || byte === backslash) return false;
  }
  return true;
}
