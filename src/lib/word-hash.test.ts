import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedHash } from './hash.ts';
import { WordHash } from './word-hash.ts';

interface Variant {
  readonly perWord: number;
  readonly atEnd: number;
  /** What `v1` begins with, beside the seed: it tells the variants of 64 bits from those of 32. */
  readonly mark: number;
  readonly endMark: number;
}

const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));

/** HalfSipHash as its authors write it. */
function halfSipHash(words: readonly number[], seed: readonly [high: number, low: number], variant: Variant): number {
  const [high, low] = seed;
  let [v0, v1, v2, v3] = [low, high ^ variant.mark, 0x6c796765 ^ low, 0x74656462 ^ high];
  const round = () => {
    v0 = (v0 + v1) | 0;
    v1 = rotate(v1, 5) ^ v0;
    v0 = rotate(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotate(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotate(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotate(v1, 13) ^ v2;
    v2 = rotate(v2, 16);
  };
  for (const word of words) {
    v3 ^= word;
    for (let count = 0; count < variant.perWord; count += 1) round();
    v0 ^= word;
  }
  v2 ^= variant.endMark;
  for (let count = 0; count < variant.atEnd; count += 1) round();
  return v1 ^ v3;
}

test('it is HalfSipHash-1-3, as a straightforward one computes it that computes 2-4 as KeyedHash does', () => {
  const slow = new KeyedHash(0x1234_5678, 0x0bcd_ef01);
  slow.hash('abcd');
  const asBytes = [0x64636261, 4 << 24];
  const of24 = { perWord: 2, atEnd: 4, mark: 0xee, endMark: 0xee };
  assert.equal(halfSipHash(asBytes, [0x1234_5678, 0x0bcd_ef01], of24), slow.low);
  const of13 = { perWord: 1, atEnd: 3, mark: 0, endMark: 0xff };
  const seeds: readonly (readonly [number, number])[] = [
    [0, 0],
    [0x1234_5678, -7],
  ];
  for (const words of [[], [0], [1, 2, 3], [-1, 0x7fff_ffff, 5, 0, 0]]) {
    for (const seed of seeds) {
      const hash = new WordHash(...seed).hash(Int32Array.from([...words, 9]), words.length);
      assert.equal(hash, halfSipHash(words, seed, of13));
    }
  }
});

test('one bit of a word or of the seed changes about half of the bits', () => {
  let changed = 0;
  let pairs = 0;
  for (let bit = 0; bit < 32; bit += 1) {
    for (let seed = 1; seed <= 64; seed += 1) {
      const words = Int32Array.from([seed, 7, 56]);
      const before = new WordHash(seed, 3).hash(words, 3);
      changed += countBits(before ^ new WordHash(seed ^ (1 << bit), 3).hash(words, 3));
      words[1] = 7 ^ (1 << bit);
      changed += countBits(before ^ new WordHash(seed, 3).hash(words, 3));
      pairs += 2;
    }
  }
  const mean = changed / pairs;
  assert.ok(mean > 15.5 && mean < 16.5, String(mean));
});

function countBits(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
