/**
 * A keyed 64-bit hash of latin1 strings: HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein, "SipHash: a
 * fast short-input PRF"; HalfSipHash is its 32-bit variant). The result stands in `high` and `low` as two signed 32-bit
 * halves until the next call, so that a call allocates nothing.
 *
 * It resists a client that picks strings in order to make them collide, or to make them fall on one spot of a table, as
 * long as the client sees neither the seed nor a hash. (A seeded multiply-and-rotate mix such as MurmurHash3 would not:
 * its collisions hold for every seed.) It does not resist somebody who can try all 2^64 seeds, and two strings among
 * some 2^32 share a hash by chance, so it is no fingerprint, no signature and nothing to store secrets by.
 *
 * A character is one byte. Above U+00FF only the low eight bits count, so other text must be encoded by the caller. The
 * time taken grows with the length, which the caller bounds.
 */
export class KeyedHash {
  high = 0;
  low = 0;
  readonly #seedHigh: number;
  readonly #seedLow: number;

  constructor(seedHigh: number, seedLow: number) {
    this.#seedHigh = seedHigh | 0;
    this.#seedLow = seedLow | 0;
  }

  /** Hashes `text` into `high` and `low`. */
  hash(text: string): void {
    const length = text.length;
    const wholeBlocks = length >>> 2;
    let v0 = this.#seedLow;
    let v1 = this.#seedHigh ^ 0xee;
    let v2 = 0x6c796765 ^ this.#seedLow;
    let v3 = 0x74656462 ^ this.#seedHigh;
    for (let block = 0; block <= wholeBlocks; block += 1) {
      const word = block < wholeBlocks ? wordAt(text, block << 2) : lastWord(text, length);
      v3 ^= word;
      for (let round = 0; round < 2; round += 1) {
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
      }
      v0 ^= word;
    }
    v2 ^= 0xee;
    // The round is written out twice because a function could hand back its four words only through memory.
    for (let round = 0; round < 8; round += 1) {
      if (round === 4) {
        this.low = v1 ^ v3;
        v1 ^= 0xdd;
      }
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
    }
    this.high = v1 ^ v3;
  }
}

function wordAt(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 0xff) |
    ((text.charCodeAt(at + 1) & 0xff) << 8) |
    ((text.charCodeAt(at + 2) & 0xff) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}

/** The bytes after the last whole word, and the length in the top byte. */
function lastWord(text: string, length: number): number {
  const at = length & ~3;
  let word = length << 24;
  if (at < length) word |= text.charCodeAt(at) & 0xff;
  if (at + 1 < length) word |= (text.charCodeAt(at + 1) & 0xff) << 8;
  if (at + 2 < length) word |= (text.charCodeAt(at + 2) & 0xff) << 16;
  return word;
}
