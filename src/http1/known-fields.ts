import type { MessageHead } from '../core/message-head.ts';
import { wordsOf } from './head-scan.ts';

/** More of a field section is not remembered. */
const mostBytes = 768;

/**
 * The field section of the last head that one parser has read. Most of what a peer sends in the lines of a head it has
 * sent in the head before: lines that are the same need not be taken apart again, and to compare them is one loop with
 * one way out. HPACK makes use of the same likeness (RFC 7541, 1).
 *
 * Where the lines stand is still in the lists of the head, which are used again for each message.
 */
export class KnownFields {
  private memory: Buffer | null = null;
  private words: DataView | null = null;
  private length = 0;
  /** The memory holds the whole section with the empty line at its end. */
  private whole = false;
  private count = 0;
  /** Where the section began in the text of its head. */
  private place = 0;

  forget(): void {
    this.length = 0;
  }

  /**
   * Gives `head` the fields that `bytes[start, end)` begins with and that are known; `place` is where `start` is in the
   * text of the head. Returns where the first other line begins.
   */
  recall(head: MessageHead, bytes: Buffer, section: { start: number; end: number; place: number }): number {
    const { start, end, place } = section;
    head.fieldCount = 0;
    if (this.length === 0) return start;
    const same = this.countSame(bytes, start, end);
    const { starts, colons, ends } = head;
    let count = this.count;
    while (count > 0 && (ends[count - 1] ?? 0) + 2 - this.place > same) count--;
    const used = count === 0 ? 0 : (ends[count - 1] ?? 0) + 2 - this.place;
    const shift = place - this.place;
    if (shift !== 0) {
      for (let at = 0; at < count; at++) {
        starts[at] = (starts[at] ?? 0) + shift;
        colons[at] = (colons[at] ?? 0) + shift;
        ends[at] = (ends[at] ?? 0) + shift;
      }
      this.place = place;
    }
    // What is behind them in the lists is not theirs any more.
    if (count < this.count) this.length = 0;
    head.fieldCount = count;
    return start + used;
  }

  /**
   * The length of what `bytes[start, end)` and the known section begin with alike. Eight bytes are compared at once, as
   * one number: two that are equal have the same bits, but for 0 and −0, and bytes of a known section make neither.
   */
  private countSame(bytes: Buffer, start: number, end: number): number {
    const { memory, words } = this;
    if (memory === null || words === null) return 0;
    const view = wordsOf(bytes);
    const most = end - start < this.length ? end - start : this.length;
    let at = 0;
    while (at + 8 <= most && view.getFloat64(start + at, true) === words.getFloat64(at, true)) at += 8;
    while (at < most && bytes[start + at] === memory[at]) at++;
    return at;
  }

  /** Remembers the section `bytes[start, end)` of `head`, which is whole. */
  remember(head: MessageHead, bytes: Buffer, section: { start: number; end: number; place: number }): void {
    const { start, end, place } = section;
    const size = end - start;
    const length = size < mostBytes ? size : mostBytes;
    // The same lines and the end: nothing is new.
    if (this.length === length && this.whole && this.count === head.fieldCount) return;
    if (this.memory === null) {
      this.memory = Buffer.allocUnsafeSlow(mostBytes);
      this.words = new DataView(this.memory.buffer);
    }
    bytes.copy(this.memory, 0, start, start + length);
    this.length = length;
    this.whole = length === size;
    this.count = head.fieldCount;
    this.place = place;
  }
}
