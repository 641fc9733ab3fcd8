import { writeUtf8 } from '../lib/utf8.ts';
import { decodeBytes, escapeText, isPlainAscii } from './log-text.ts';

/** A text that stands in a line. */
export class TextValue {
  text = '';
  /** In bytes, as it is escaped. */
  length = 0;
}

/** A whole number that stands in a line. */
export class CountValue {
  count = Number.NaN;
  /** In bytes. */
  length = 0;
}

const zero = 0x30;
const point = 0x2e;
/** Up to here a number is one of the engine's short integers. */
const mostShortCount = 0x3fff_ffff;
/** Most lines take less. */
const leastMemoryBytes = 512;

/**
 * A line that becomes the next one: the values that differ are written over those before, from the first to the last.
 * What stands behind a value moves where that becomes longer or shorter. Whoever writes knows where each value stands.
 */
export class EditedLine {
  #memory = Buffer.alloc(leastMemoryBytes);
  #view = viewOf(this.#memory);
  #length = 0;

  constructor(text: string) {
    this.raw(0, text, 0);
  }

  /** The line is in the first `length` bytes of it. */
  get memory(): Buffer {
    return this.#memory;
  }

  get length(): number {
    return this.#length;
  }

  /** Writes a text at `at`; returns where it ends. */
  text(value: TextValue, text: string, at: number): number {
    if (text !== value.text) {
      value.length = this.newText(value.length, text, at) - at;
      value.text = text;
    }
    return at + value.length;
  }

  /** Writes a text whose characters are bytes; returns where it ends. */
  bytes(value: TextValue, text: string, at: number): number {
    if (text !== value.text) {
      const { length } = text;
      const isDone = this.#plain(value.length, text, at);
      value.length = isDone ? length : this.raw(length, escapeText(decodeBytes(text)), at) - at;
      value.text = text;
    }
    return at + value.length;
  }

  /** Writes a text that is not the same twice over one of `oldLength` bytes; returns where it ends. */
  newText(oldLength: number, text: string, at: number): number {
    const { length } = text;
    return this.#plain(oldLength, text, at) ? at + length : this.raw(length, escapeText(text), at);
  }

  /** Writes a text as it is over one of `oldLength` bytes; returns where it ends. */
  raw(oldLength: number, text: string, at: number): number {
    const length = Buffer.byteLength(text);
    if (length !== oldLength) this.#move(at + oldLength, length - oldLength);
    writeUtf8(this.#memory, text, at, length);
    return at + length;
  }

  /** Where something in the text is to be escaped it returns false, and so many bytes of anything are there for it. */
  #plain(oldLength: number, text: string, at: number): boolean {
    const { length } = text;
    if (length !== oldLength) this.#move(at + oldLength, length - oldLength);
    if (length === 0) return true;
    return writeUtf8(this.#memory, text, at, length) === length && isPlainAscii(this.#view, at, at + length);
  }

  /** Writes a whole number from 0; returns where it ends. */
  count(value: CountValue, count: number, at: number): number {
    if (count !== value.count) {
      value.length = this.#whole(value.length, count, at) - at;
      value.count = count;
    }
    return at + value.length;
  }

  #whole(oldLength: number, count: number, at: number): number {
    if (count > mostShortCount) return this.raw(oldLength, String(count), at);
    const length = digitCount(count);
    if (length !== oldLength) this.#move(at + oldLength, length - oldLength);
    this.digits(count, at, at + length);
    return at + length;
  }

  /** Writes a number, rounded to two decimals and at least 0, over one of `oldLength` bytes; returns where it ends. */
  decimal(oldLength: number, number: number, at: number): number {
    const rounded = Math.round(number * 100);
    const hundredths = rounded > 0 ? rounded : 0;
    if (hundredths > mostShortCount) return this.raw(oldLength, (hundredths / 100).toFixed(2), at);
    const whole = Math.floor(hundredths / 100);
    const end = at + digitCount(whole);
    const length = end + 3 - at;
    if (length !== oldLength) this.#move(at + oldLength, length - oldLength);
    this.digits(whole, at, end);
    this.#memory[end] = point;
    this.digits(hundredths - 100 * whole, end + 1, end + 3);
    return end + 3;
  }

  /** Fills `[start, end)` with the last digits of a number below 2^30, whose fraction is dropped. */
  digits(count: number, start: number, end: number): void {
    const memory = this.#memory;
    let rest = count | 0;
    for (let at = end - 1; at >= start; at -= 1) {
      const tenth = (rest / 10) | 0;
      memory[at] = zero + rest - 10 * tenth;
      rest = tenth;
    }
  }

  /** Moves everything from `from` on. */
  #move(from: number, by: number): void {
    const length = this.#length + by;
    if (length > this.#memory.length) this.#resize(2 * length);
    this.#memory.copyWithin(from + by, from, this.#length);
    this.#length = length;
    // After a long line, the next ones are not to be dearer for it: the whole memory is copied for each.
    if (length < this.#memory.length >> 3) this.#resize(Math.max(2 * length, leastMemoryBytes));
  }

  #resize(capacity: number): void {
    const memory = Buffer.alloc(capacity);
    this.#memory.copy(memory);
    this.#memory = memory;
    this.#view = viewOf(memory);
  }
}

function digitCount(count: number): number {
  if (count < 10) return 1;
  if (count < 100) return 2;
  if (count < 1000) return 3;
  let digits = 4;
  for (let limit = 10_000; count >= limit; limit *= 10) digits += 1;
  return digits;
}

function viewOf(memory: Buffer): DataView {
  return new DataView(memory.buffer, memory.byteOffset, memory.length);
}
