import type { ErrorCode } from '../core/error-codes.ts';
import { fieldRole, fieldRoleOf, type FieldRole } from '../core/field-names.ts';
import type { MessageHead } from '../core/message-head.ts';
import { latin1Text } from '../lib/latin1.ts';
import { skipName, skipText } from './head-scan.ts';
import { KnownFields } from './known-fields.ts';
import type { HeadLimits } from './limits.ts';

const pieceBytes = 4096;
const lineFeed = 10;
const carriageReturn = 13;
const colon = 58;

/** Where in a head the parser is. */
const inStartLine = 0;
const inName = 1;
const inValue = 2;
const atLineFeed = 3;

/**
 * Reads a head from pieces cut anywhere (RFC 9112, 2 to 5). Strict where the RFC leaves a choice: a line ends with CRLF
 * and nothing else, a control character anywhere is an error, a folded line is an error.
 *
 * Lines that came whole, as most do, are read where they are (`readLines`). From the first line on that did not, or that
 * is not as it should be, the rest is gathered as text and read byte by byte (`readPiece`).
 *
 * What a line means is up to the subclass: it reads the start line, and the fields that have a role once all are there.
 */
export abstract class HeadParser<T extends MessageHead = MessageHead> {
  readonly head: T;
  /** Set when the head is not acceptable; the connection cannot be read any further then. */
  error: ErrorCode | null = null;
  complete = false;
  protected limits: HeadLimits;
  /** The head so far, where it has not come as a whole; positions count in it. */
  private text = '';
  private place = inStartLine;
  private lineStart = 0;
  /** End of the name on this line, while `place` is beyond it. */
  private nameEnd = 0;
  /** The line that ends is the start line. */
  private startLineRead = false;
  private emptyLineAllowed = false;
  private readonly known = new KnownFields();

  constructor(head: T, limits: HeadLimits) {
    this.head = head;
    this.limits = limits;
  }

  protected resetParser(limits: HeadLimits, first: 'empty-line' | 'start-line' | 'fields'): void {
    // A field that was hidden has another role now; other limits may not let as many fields in.
    if (this.head.hasHidden || limits !== this.limits) this.known.forget();
    this.limits = limits;
    this.error = null;
    this.complete = false;
    this.text = '';
    this.place = first === 'fields' ? inName : inStartLine;
    this.lineStart = 0;
    this.startLineRead = first === 'fields';
    this.emptyLineAllowed = first === 'empty-line';
  }

  /**
   * Reads the start line `bytes[start, end)`, whose bytes are only valid during this call. `base` is where the head
   * begins, so that a position in the text of the head is one in `bytes` less `base`.
   */
  protected abstract readStartLine(bytes: Buffer, line: { start: number; end: number; base: number }): ErrorCode | null;
  /** Takes what the start line says, well-formed as it is, out of the text of the head. */
  protected abstract takeStartLine(text: string): void;
  /** Takes note of the field at `index`, whose role is not `plain`. */
  protected abstract readField(role: FieldRole, index: number): ErrorCode | null;
  /** Judges the head as a whole, once its fields have been read. */
  protected abstract finishHead(): ErrorCode | null;
  /** The error for what breaks the grammar, given the first character of the head. */
  protected abstract malformed(firstCharacter: number): ErrorCode;

  /** Reads from `bytes[start, end)`; returns the index after the last byte that belongs to the head. */
  feed(bytes: Buffer, start: number, end: number): number {
    let at = start;
    if (this.text === '' && start < end) {
      at = this.readLines(bytes, start, end);
      if (this.complete || this.error !== null) return at;
      at = this.gather(bytes, { start, at, end });
    }
    while (at < end && !this.complete && this.error === null) {
      const pieceEnd = end - at > pieceBytes ? at + pieceBytes : end;
      const shift = this.text.length - at;
      this.text += latin1Text(bytes, at, pieceEnd);
      at = this.readPiece(bytes, { at, end: pieceEnd, shift });
    }
    return at;
  }

  /** Reads the lines that are whole and well-formed; returns where the first other one begins, or the head ends. */
  private readLines(bytes: Buffer, start: number, end: number): number {
    const limits = this.limits;
    let at = start;
    if (!this.startLineRead) {
      const lineEnd = skipText(bytes, at, end);
      const length = lineEnd - at;
      if (length === 0 || length > limits.startLineBytes || length > limits.headBytes) return at;
      if (!isLineEnd(bytes, lineEnd, end)) return at;
      this.error = this.readStartLine(bytes, { start: at, end: lineEnd, base: start });
      at = lineEnd + 2;
      this.head.startLineStart = 0;
      this.head.startLineEnd = at - start;
      this.startLineRead = true;
      if (this.error !== null) return end;
    }
    const { head, known } = this;
    const section = { start: at, end, place: at - start };
    at = known.recall(head, bytes, section);
    at = readFieldLines(bytes, { start, at, end }, head, limits);
    if (at - start > limits.headBytes || !isLineEnd(bytes, at, end)) return at;
    const headEnd = at + 2;
    section.end = headEnd;
    known.remember(head, bytes, section);
    const text = latin1Text(bytes, start, headEnd);
    this.takeStartLine(text);
    this.endHead(text);
    return headEnd;
  }

  /** From here on the head is read byte by byte: as text, since memory that was read into is used again. */
  private gather(bytes: Buffer, { start, at, end }: { start: number; at: number; end: number }): number {
    const pieceEnd = end - at > pieceBytes ? at + pieceBytes : end;
    this.known.forget();
    this.text = latin1Text(bytes, start, pieceEnd);
    this.lineStart = at - start;
    if (this.startLineRead) {
      this.place = inName;
      if (at > start) this.takeStartLine(this.text);
    }
    return this.readPiece(bytes, { at, end: pieceEnd, shift: -start });
  }

  /** Reads one piece; `shift` turns a position in `bytes` into one in the text. */
  private readPiece(bytes: Buffer, piece: { at: number; end: number; shift: number }): number {
    const { end, shift } = piece;
    let at = piece.at;
    while (at < end && this.error === null && !this.complete) {
      if (this.place === inName) at = skipName(bytes, at, end);
      else if (this.place !== atLineFeed) at = skipText(bytes, at, end);
      // Before the byte that was stopped at means anything, so that no cut between pieces changes what is found first.
      this.checkLimits(at + shift);
      if (at < end && this.error === null) this.readStop(bytes[at] ?? 0, at + shift);
      at++;
    }
    // The loop steps over the byte that it stopped at, and there is none behind the last.
    return at > end ? end : at;
  }

  private endName(byte: number, position: number): void {
    const isEmpty = position === this.lineStart;
    if (byte === colon && !isEmpty) {
      this.nameEnd = position;
      this.place = inValue;
    } else if (byte === carriageReturn && isEmpty) {
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
    else if (start === end) this.endHead(this.text);
    else this.endField(start, end);
    this.lineStart = position + 1;
  }

  private endStartLine(start: number, end: number): void {
    if (start === end && this.emptyLineAllowed) {
      // RFC 9112, 2.2: one empty line before a request line is the mistake of an old client's body.
      this.emptyLineAllowed = false;
      this.place = inStartLine;
      return;
    }
    const line = Buffer.from(this.text.slice(start, end), 'latin1');
    this.error = this.readStartLine(line, { start: 0, end: line.length, base: -start });
    if (this.error === null) this.takeStartLine(this.text);
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
    const name = Buffer.from(text.slice(start, nameEnd), 'latin1');
    head.addField(fieldRoleOf(name, 0, name.length), start, nameEnd, end);
  }

  private endHead(text: string): void {
    this.head.text = text;
    this.error = this.readFields() ?? this.finishHead();
    this.complete = this.error === null;
  }

  private readFields(): ErrorCode | null {
    const { fieldCount, roles } = this.head;
    for (let index = 0; index < fieldCount; index++) {
      const role = roles[index] ?? fieldRole.plain;
      if (role === fieldRole.plain) continue;
      const error = this.readField(role, index);
      if (error !== null) return error;
    }
    return null;
  }
}

/** Adds the field lines that are whole and well-formed to `head`; returns where the first other line begins. */
function readFieldLines(
  bytes: Buffer,
  place: { readonly start: number; readonly at: number; readonly end: number },
  head: MessageHead,
  limits: HeadLimits,
): number {
  const { starts, colons, ends, roles } = head;
  const { start, end } = place;
  const lastEnd = start + limits.headBytes;
  const mostFields = limits.fields;
  let count = head.fieldCount;
  let at = place.at;
  // Lines that are known stand behind another start line.
  if (at > lastEnd) return at;
  while (count < mostFields) {
    const nameEnd = skipName(bytes, at, end);
    if (nameEnd === at || bytes[nameEnd] !== colon) break;
    const lineEnd = skipText(bytes, nameEnd + 1, end);
    if (lineEnd > lastEnd || !isLineEnd(bytes, lineEnd, end)) break;
    roles[count] = fieldRoleOf(bytes, at, nameEnd);
    starts[count] = at - start;
    colons[count] = nameEnd - start;
    ends[count] = lineEnd - start;
    count++;
    at = lineEnd + 2;
  }
  head.fieldCount = count;
  return at;
}

/** Whether a line ends at `at`, with what the end of a line is (RFC 9112, 2.2). */
function isLineEnd(bytes: Buffer, at: number, end: number): boolean {
  return at + 1 < end && bytes[at] === carriageReturn && bytes[at + 1] === lineFeed;
}
