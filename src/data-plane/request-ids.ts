import { randomBytes } from 'node:crypto';
import { latin1Text } from '../lib/latin1.ts';

const idDigits = 32;
const parentDigits = 16;
const bytesEach = (idDigits + parentDigits) / 2;

const idField = 'X-Request-Id: ';
const traceField = '\r\ntraceparent: 00-';
/** What a target gets of a request that brought neither id nor trace, with the end of its head. */
const linesEach = `${idField}${'0'.repeat(idDigits)}${traceField}${'0'.repeat(idDigits)}-${'0'.repeat(parentDigits)}-01\r\n\r\n`;

const idStart = idField.length;
const idEnd = idStart + idDigits;
const traceStart = idEnd + traceField.length - '00-'.length;
const traceIdStart = traceStart + '00-'.length;
const parentStart = traceIdStart + idDigits + 1;
const traceEnd = parentStart + parentDigits + '-01'.length;

/** So many are made at once. */
const linesAtOnce = 256;

const digits = Buffer.from('0123456789abcdef', 'latin1');

/**
 * Makes identifiers of requests and of their traces, in bulk and as the lines that name them: most requests bring neither,
 * and their lines are one piece of a text that is there already.
 */
export class RequestIds {
  private readonly memory = Buffer.from(linesEach.repeat(linesAtOnce), 'latin1');
  private text = '';
  private at = 0;

  /**
   * The lines for one request, with 128 random bits for it, which are those of its trace too, and 64 for the parent
   * (W3C Trace Context, 3.2): who has found one of the two has found the other.
   */
  createLines(): string {
    if (this.at >= this.text.length) this.refill();
    const start = this.at;
    this.at += linesEach.length;
    return this.text.slice(start, this.at);
  }

  private refill(): void {
    const { memory } = this;
    const random = randomBytes(linesAtOnce * bytesEach);
    for (let index = 0; index < linesAtOnce; index++) {
      const lines = index * linesEach.length;
      const first = index * bytesEach;
      writeDigits(random, first, { memory, at: lines + idStart, count: idDigits });
      writeDigits(random, first, { memory, at: lines + traceIdStart, count: idDigits });
      writeDigits(random, first + idDigits / 2, { memory, at: lines + parentStart, count: parentDigits });
    }
    this.text = latin1Text(memory, 0, memory.length);
    this.at = 0;
  }
}

function writeDigits(random: Buffer, first: number, to: { memory: Buffer; at: number; count: number }): void {
  const { memory, at, count } = to;
  for (let digit = 0; digit < count; digit += 2) {
    const byte = random[first + (digit >>> 1)] ?? 0;
    memory[at + digit] = digits[byte >>> 4] ?? 0;
    memory[at + digit + 1] = digits[byte & 15] ?? 0;
  }
}

/** The id in the lines of a request. */
export function idIn(lines: string): string {
  return lines.slice(idStart, idEnd);
}

/** The trace in the lines of a request, as a value of `traceparent`. */
export function traceparentIn(lines: string): string {
  return lines.slice(traceStart, traceEnd);
}

/** The line in the lines of a request that its answer has too. */
export function idLineIn(lines: string): string {
  return lines.slice(0, idEnd + '\r\n'.length);
}

const traceparentLength = 55;

/** Whether a `traceparent` is well-formed and names a trace and a parent (W3C Trace Context, 3.2.2), version 00. */
export function isTraceparent(text: string): boolean {
  if (text.length !== traceparentLength || !text.startsWith('00-') || text[35] !== '-' || text[52] !== '-')
    return false;
  for (let at = 3; at < traceparentLength; at++) {
    if (at === 35 || at === 52) continue;
    const character = text.charCodeAt(at);
    const isLowerHexadecimal = (character >= 48 && character <= 57) || (character >= 97 && character <= 102);
    if (!isLowerHexadecimal) return false;
  }
  return !text.startsWith('0'.repeat(32), 3) && !text.startsWith('0'.repeat(16), 36);
}
