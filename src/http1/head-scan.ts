import { nameKind, nameKinds } from '../core/field-names.ts';

const tab = 9;
const space = 32;
const del = 127;

let viewed: Buffer | null = null;
let view: DataView = new DataView(new ArrayBuffer(0));

/**
 * `bytes` as words: most reads are into the same memory, so it is made once. It is kept alive until there is another.
 */
export function wordsOf(bytes: Buffer): DataView {
  if (bytes !== viewed) {
    viewed = bytes;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  return view;
}

/** The first byte in `bytes[start, end)` that no name has, or `end` (RFC 9110, 5.6.2). */
export function skipName(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && (nameKinds[bytes[at] ?? 0] ?? nameKind.forbidden) !== nameKind.forbidden) at++;
  return at;
}

/**
 * The first control character other than a tab in `bytes[start, end)`, or `end`. Four bytes are looked at in one: a word
 * has a byte below `n` where `(word − n·01010101) & ~word & 80808080` is not 0, and one that is `n` where that holds for
 * `word ^ n·01010101` and 1 (S. E. Anderson, Bit Twiddling Hacks, "Determine if a word has a byte less than n"). What is
 * found so is looked at again byte by byte, since a borrow can make the byte above one look like one.
 */
export function skipText(bytes: Buffer, start: number, end: number): number {
  const words = wordsOf(bytes);
  let at = start;
  for (;;) {
    while (at + 4 <= end) {
      const word = words.getInt32(at, true);
      const others = word ^ 0x7f7f7f7f;
      if ((((word - 0x20202020) & ~word) | ((others - 0x01010101) & ~others)) & -0x7f7f7f80) break;
      at += 4;
    }
    // To the byte that was found, to a tab, or to the end of what makes no whole word.
    const stop = at + 4 < end ? at + 4 : end;
    while (at < stop) {
      const byte = bytes[at] ?? 0;
      if ((byte < space && byte !== tab) || byte === del) return at;
      at++;
    }
    if (at >= end) return end;
  }
}
