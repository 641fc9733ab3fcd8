/**
 * A keyed 32-bit hash of 32-bit words: HalfSipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", of
 * which this is the 32-bit variant with fewer rounds, as tables are found by in Linux). It is for tables whose place
 * nobody must be able to foresee who sees neither the seed nor a hash; what is found has to be compared as a whole.
 *
 * The words say by themselves how many they are: whoever fills them puts a length among them.
 */
export class WordHash {
  readonly #seedHigh: number;
  readonly #seedLow: number;

  constructor(seedHigh: number, seedLow: number) {
    this.#seedHigh = seedHigh | 0;
    this.#seedLow = seedLow | 0;
  }

  /** The hash of `words[0, count)`, with a sign. */
  hash(words: Int32Array, count: number): number {
    let v0 = this.#seedLow;
    let v1 = this.#seedHigh;
    let v2 = 0x6c796765 ^ this.#seedLow;
    let v3 = 0x74656462 ^ this.#seedHigh;
    // After the words there are three rounds that take nothing in.
    for (let at = 0; at < count + 3; at += 1) {
      const word = at < count ? (words[at] ?? 0) : 0;
      if (at === count) v2 ^= 0xff;
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    return v1 ^ v3;
  }
}
