import { hexadecimalValue } from '../lib/hexadecimal.ts';

const ampersand = 38;
const percent = 37;
const plus = 43;
const equals = 61;

/**
 * The values of a parameter in a query with its question mark, decoded as forms are: `&` between parameters, `+` for a
 * space, percent-encoded bytes (WHATWG URL Standard, application/x-www-form-urlencoded). One without `=` has an empty
 * value. An escape that is none stands for itself. Name and values have one character a byte.
 */
export function queryValues(query: string, name: string): readonly string[] {
  let values: string[] | null = null;
  let start = 1;
  while (start < query.length) {
    let end = start;
    let equalsAt = -1;
    let escaped = false;
    for (; end < query.length; end++) {
      const character = query.charCodeAt(end);
      if (character === ampersand) break;
      if (character === equals && equalsAt < 0) equalsAt = end;
      else if (character === percent || character === plus) escaped = true;
    }
    const nameEnd = equalsAt < 0 ? end : equalsAt;
    if (isName(query, name, { start, end: nameEnd, escaped })) {
      const value = query.slice(equalsAt < 0 ? end : equalsAt + 1, end);
      (values ??= []).push(escaped ? decode(value) : value);
    }
    start = end + 1;
  }
  return values ?? none;
}

const none: readonly string[] = [];

function isName(query: string, name: string, at: { start: number; end: number; escaped: boolean }): boolean {
  if (at.escaped) return decode(query.slice(at.start, at.end)) === name;
  // Between two ampersands there is no parameter, not one without a name.
  return at.end - at.start === name.length && at.end > at.start && query.startsWith(name, at.start);
}

function decode(text: string): string {
  let result = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    const high = character === percent ? hexadecimalValue(text.charCodeAt(at + 1)) : -1;
    const low = high < 0 ? -1 : hexadecimalValue(text.charCodeAt(at + 2));
    if (low >= 0) {
      result += String.fromCharCode(high * 16 + low);
      at += 2;
    } else {
      result += character === plus ? ' ' : text.charAt(at);
    }
  }
  return result;
}
