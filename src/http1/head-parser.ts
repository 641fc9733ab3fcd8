import type { ErrorCode } from '../core/error-codes.ts';
import { fieldRole, fieldRoleOf, nameKind, nameKinds, type FieldRole } from '../core/field-names.ts';
import { fieldValue, type MessageHead } from '../core/message-head.ts';
import { latin1Text } from '../lib/latin1.ts';
import type { HeadLimits } from './limits.ts';

const pieceBytes = 4096;
const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const space = 32;
const colon = 58;
const del = 127;

/** Where in a head the parser is. */
const inStartLine = 0;
const inName = 1;
const inValue = 2;
const atLineFeed = 3;

/**
 * Reads a head from pieces cut anywhere (RFC 9112, 2 to 5). Strict where the RFC leaves a choice: a line ends with CRLF
 * and nothing else, a control character anywhere is an error, a folded line is an error. Each byte is looked at once, in
 * the memory that it was read into; text is only made of it to cut out what somebody asks for.
 *
 * What a line means is up to the subclass: it reads the start line and takes note of the fields that have a role.
 */
export abstract class HeadParser<T extends MessageHead = MessageHead> {
  readonly head: T;
  /** Set when the head is not acceptable; the connection cannot be read any further then. */
  error: ErrorCode | null = null;
  complete = false;
  private limits: HeadLimits;
  /** The head so far; positions count in it. */
  private text = '';
  private place = inStartLine;
  private lineStart = 0;
  /** End of the name on this line, while `place` is beyond it. */
  private nameEnd = 0;
  /** The kinds of the characters in the name on this line. */
  private kinds = 0;
  /** The line that ends is the start line. */
  private startLineRead = false;
  private emptyLineAllowed = false;

  constructor(head: T, limits: HeadLimits) {
    this.head = head;
    this.limits = limits;
  }

  protected resetParser(limits: HeadLimits, first: 'empty-line' | 'start-line' | 'fields'): void {
    this.limits = limits;
    this.error = null;
    this.complete = false;
    this.text = '';
    this.place = first === 'fields' ? inName : inStartLine;
    this.lineStart = 0;
    this.nameEnd = 0;
    this.kinds = 0;
    this.startLineRead = first === 'fields';
    this.emptyLineAllowed = first === 'empty-line';
  }

  /** Reads the start line `text[start, end)`. */
  protected abstract readStartLine(text: string, start: number, end: number): ErrorCode | null;
  /** Takes note of a field whose role is not `plain`; its name and value are well-formed. */
  protected abstract readField(role: FieldRole, value: string): ErrorCode | null;
  /** Judges the head as a whole, once its last line has been read. */
  protected abstract finishHead(): ErrorCode | null;
  /** The error for what breaks the grammar, given the first character of the head. */
  protected abstract malformed(firstCharacter: number): ErrorCode;

  /** Reads from `bytes[start, end)`; returns the index after the last byte that belongs to the head. */
  feed(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && !this.complete && this.error === null) {
      const pieceEnd = end - at > pieceBytes ? at + pieceBytes : end;
      const piece = latin1Text(bytes, at, pieceEnd);
      const shift = this.text.length - at;
      this.text = this.text === '' ? piece : this.text + piece;
      at = this.readPiece(bytes, { at, end: pieceEnd, shift });
    }
    return at;
  }

  /** Reads one piece; `shift` turns a position in `bytes` into one in the text. */
  private readPiece(bytes: Buffer, piece: { at: number; end: number; shift: number }): number {
    const { end, shift } = piece;
    let at = piece.at;
    while (at < end && this.error === null && !this.complete) {
      if (this.place === inName) at = this.skipName(bytes, at, end);
      else if (this.place !== atLineFeed) at = skipText(bytes, at, end);
      // Before the byte that was stopped at means anything, so that no cut between pieces changes what is found first.
      this.checkLimits(at + shift);
      if (at < end && this.error === null) this.readStop(bytes[at] ?? 0, at + shift);
      at++;
    }
    // The loop steps over the byte that it stopped at, and there is none behind the last.
    return at > end ? end : at;
  }

  private skipName(bytes: Buffer, start: number, end: number): number {
    let kinds = this.kinds;
    let at = start;
    while (at < end) {
      const kind = nameKinds[bytes[at] ?? 0] ?? nameKind.forbidden;
      if (kind === nameKind.forbidden) break;
      kinds |= kind;
      at++;
    }
    this.kinds = kinds;
    return at;
  }

  private endName(byte: number, position: number): void {
    if (byte === colon && this.kinds !== 0) {
      this.nameEnd = position;
      this.place = inValue;
    } else if (byte === carriageReturn && this.kinds === 0) {
      this.place = atLineFeed;
    } else {
      this.error = this.malformed(this.text.charCodeAt(0));
    }
  }

  /** Reads a byte at `position` that may stand at the end of a name or a line only. */
  private readStop(byte: number, position: number): void {
    if (this.place === inName) return this.endName(byte, position);
    if (this.place === atLineFeed && byte === lineFeed) return this.endLine(position);
    if (this.place !== atLineFeed && byte === carriageReturn) this.place = atLineFeed;
    else this.error = this.malformed(this.text.charCodeAt(0));
  }

  /** Given that everything before `position` has been read; two bytes more than a limit are its line end at best. */
  private checkLimits(position: number): void {
    if (!this.startLineRead && position - this.lineStart > this.limits.startLineBytes + 1) {
      this.error = 'request_line_too_long';
    } else if (position > this.limits.headBytes + 1) {
      this.error = 'head_too_large';
    }
  }

  /** A line ends with the line feed at `position`. */
  private endLine(position: number): void {
    const start = this.lineStart;
    const end = position - 1;
    if (!this.startLineRead) this.endStartLine(start, end);
    else if (start === end) this.endHead();
    else this.endField(start, end);
    this.lineStart = position + 1;
    this.kinds = 0;
  }

  private endStartLine(start: number, end: number): void {
    if (start === end && this.emptyLineAllowed) {
      // RFC 9112, 2.2: one empty line before a request line is the mistake of an old client's body.
      this.emptyLineAllowed = false;
      this.place = inStartLine;
      return;
    }
    this.error = this.readStartLine(this.text, start, end);
    this.head.startLineStart = start;
    this.head.startLineEnd = end + 2;
    this.startLineRead = true;
    this.place = inName;
  }

  private endField(start: number, end: number): void {
    const { head, text, nameEnd } = this;
    this.place = inName;
    if (head.fieldCount >= this.limits.fields) {
      this.error = 'head_too_large';
      return;
    }
    const role = fieldRoleOf(text, start, nameEnd, (this.kinds & nameKind.underscore) !== 0);
    head.addField(role, start, nameEnd, end);
    if (role !== fieldRole.plain) this.error = this.readField(role, fieldValue(text, nameEnd, end));
  }

  private endHead(): void {
    this.head.text = this.text;
    this.error = this.finishHead();
    this.complete = this.error === null;
  }
}

/** The first control character other than a tab in `bytes[start, end)`, or `end`. */
function skipText(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if ((byte < space && byte !== tab) || byte === del) break;
    at++;
  }
  return at;
}
