const words = new Map<string, number>();
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x0d || byte === 0x0a) return 2;
  return byte === 0x3a || byte === 0x20 ? 1 : 0;
});

/**
 * The yardstick of the guard: looks at every byte, cuts the text into words and counts them, which is work of the same
 * kind as a parser's. It must never change: every figure in `baseline.json` is in units of it.
 */
export function doFixedWork(bytes: Buffer): number {
  const text = bytes.toString('latin1');
  let start = 0;
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    sum = (Math.imul(sum, 31) + byte) | 0;
    if (kinds[byte] === 0) continue;
    if (at > start) {
      const word = text.slice(start, at);
      words.set(word, (words.get(word) ?? 0) + 1);
    }
    start = at + 1;
  }
  return sum & 1;
}
