import { fieldRole, type FieldRole } from './field-names.ts';

/** How the end of a body is found (RFC 9112, 6.3). */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'close';

const space = 32;
const tab = 9;
const zero = 48;

/**
 * What requests and responses have in common: version, fields in the order of their arrival, and what those fields say
 * about the connection and the body. One object is used again for every message of its owner.
 *
 * Fields stay where they are in the text of the head, and only what somebody asks for is cut out: most fields are passed
 * on without being looked at.
 */
export class MessageHead {
  /** The head as it arrived, one character a byte. */
  text = '';
  fieldCount = 0;
  /** Where the start line begins, and where it ends with its line end. */
  startLineStart = 0;
  startLineEnd = 0;
  /** For each field: where its line starts, where its colon is, and where its line end starts. */
  readonly starts: number[] = [];
  readonly colons: number[] = [];
  readonly ends: number[] = [];
  readonly roles: FieldRole[] = [];
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  minorVersion = 1;
  /** Bytes of the body as stated, -1 where nothing is stated. */
  contentLength = -1;
  chunked = false;
  connectionClose = false;
  connectionKeepAlive = false;
  connectionUpgrade = false;
  /** Lower-case names of fields that `Connection` declares to be of this hop only; null for the usual none. */
  connectionNames: string[] | null = null;
  /** A field is kept from being passed on, so that its role is not what its name says. */
  hasHidden = false;

  resetFields(): void {
    this.fieldCount = 0;
    this.minorVersion = 1;
    this.contentLength = -1;
    this.chunked = false;
    this.connectionClose = false;
    this.connectionKeepAlive = false;
    this.connectionUpgrade = false;
    this.connectionNames = null;
    this.hasHidden = false;
  }

  addField(role: FieldRole, start: number, colon: number, end: number): void {
    const at = this.fieldCount++;
    this.roles[at] = role;
    this.starts[at] = start;
    this.colons[at] = colon;
    this.ends[at] = end;
  }

  /** The name of a field as it was spelled. */
  nameAt(index: number): string {
    return this.text.slice(this.starts[index], this.colons[index]);
  }

  /** The value of a field, without the blanks around it (RFC 9112, 5.1). */
  valueAt(index: number): string {
    return fieldValue(this.text, this.colons[index] ?? 0, this.ends[index] ?? 0);
  }

  /** Whether a field has just this value. */
  isValue(index: number, value: string): boolean {
    const { text } = this;
    let start = (this.colons[index] ?? 0) + 1;
    let end = this.ends[index] ?? 0;
    while (start < end && isBlank(text.charCodeAt(start))) start++;
    while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
    if (end - start !== value.length) return false;
    for (let at = 0; at < value.length; at++) {
      if (text.charCodeAt(start + at) !== value.charCodeAt(at)) return false;
    }
    return true;
  }

  /** The value of a field as a number where it is one to nine digits, otherwise -1. */
  digitsAt(index: number): number {
    const { text } = this;
    let start = (this.colons[index] ?? 0) + 1;
    const end = this.ends[index] ?? 0;
    if (text.charCodeAt(start) === space) start++;
    if (end - start < 1 || end - start > 9) return -1;
    let number = 0;
    for (let at = start; at < end; at++) {
      const digit = text.charCodeAt(at) - zero;
      if (!(digit >= 0 && digit <= 9)) return -1;
      number = number * 10 + digit;
    }
    return number;
  }

  /** The value of the first field of this lower-case name. */
  get(lowerName: string): string | undefined {
    const at = this.indexOf(lowerName);
    return at < 0 ? undefined : this.valueAt(at);
  }

  /** The place of the first field of this lower-case name, from `from` on; -1 where there is none. */
  indexOf(lowerName: string, from = 0): number {
    const length = lowerName.length;
    for (let at = from; at < this.fieldCount; at++) {
      const start = this.starts[at] ?? 0;
      if ((this.colons[at] ?? 0) - start === length && equalsIgnoringCase(this.text, start, lowerName)) return at;
    }
    return -1;
  }

  /** Keeps a field from being passed on. */
  hide(index: number): void {
    this.roles[index] = fieldRole.hopByHop;
    this.hasHidden = true;
  }

  /** Keeps all fields of this lower-case name from being passed on. */
  remove(lowerName: string): void {
    for (let at = this.indexOf(lowerName); at >= 0; at = this.indexOf(lowerName, at + 1)) this.hide(at);
  }

  /** Like `remove`, and also those that only differ by `_` for `-`: CGI and its heirs take one for the other. */
  removeSpellings(lowerName: string): void {
    const length = lowerName.length;
    for (let at = 0; at < this.fieldCount; at++) {
      const start = this.starts[at] ?? 0;
      if ((this.colons[at] ?? 0) - start === length && resembles(this.text, start, lowerName)) this.hide(at);
    }
  }

  /** Whether the connection may carry another message after this one (RFC 9112, 9.3). */
  get persistent(): boolean {
    return this.minorVersion === 1 ? !this.connectionClose : this.connectionKeepAlive && !this.connectionClose;
  }
}

/** The text between a colon and a line's end, without the blanks around it. */
export function fieldValue(text: string, colon: number, lineEnd: number): string {
  let start = colon + 1;
  let end = lineEnd;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(character: number): boolean {
  return character === space || character === tab;
}

function equalsIgnoringCase(text: string, start: number, lowerName: string): boolean {
  for (let at = 0; at < lowerName.length; at++) {
    const character = text.charCodeAt(start + at);
    const lower = character >= 65 && character <= 90 ? character | 32 : character;
    if (lower !== lowerName.charCodeAt(at)) return false;
  }
  return true;
}

/** Compares without regard to case, and `_` is `-`. */
function resembles(text: string, start: number, lowerName: string): boolean {
  for (let at = 0; at < lowerName.length; at++) {
    const character = text.charCodeAt(start + at);
    const lower = character >= 65 && character <= 90 ? character | 32 : character;
    const wanted = lowerName.charCodeAt(at);
    if (lower !== wanted && !(isDash(lower) && isDash(wanted))) return false;
  }
  return true;
}

function isDash(character: number): boolean {
  return character === 45 || character === 95;
}
