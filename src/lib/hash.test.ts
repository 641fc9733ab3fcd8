import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedHash } from './hash.ts';

// Published answers of HalfSipHash-2-4 with 64 bits of output: the key is the bytes 00 to 07, the text is the bytes 00
// to length - 1, the answer is in the order of its bytes.
const publishedAnswers: ReadonlyMap<number, string> = new Map([
  [0, '218d1f59b9b83cc8'],
  [1, 'be552412f8387315'],
  [2, '064f39ef7c50eb57'],
  [3, 'ce0f1a45f7060679'],
  [4, 'd5e78a175be52ea1'],
  [5, 'cb9d7c3f2f3db580'],
  [7, 'ff202728b07bc684'],
  [8, 'edfee820bce4858c'],
  [15, '217d0bcb4e81c902'],
  [16, '7336aad25f7bf3b5'],
]);

function hexOf(hash: KeyedHash): string {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(hash.low, 0);
  bytes.writeInt32LE(hash.high, 4);
  return bytes.toString('hex');
}

test('the hash gives the published answers for every remainder of the length', () => {
  const hash = new KeyedHash(0x07060504, 0x03020100);
  for (const [length, answer] of publishedAnswers) {
    hash.hash(String.fromCharCode(...Array.from({ length }, (_, byte) => byte)));
    assert.equal(hexOf(hash), answer, `length ${length}`);
  }
});

test('another seed gives another hash, and the same seed the same one again', () => {
  const first = new KeyedHash(1, 2);
  const second = new KeyedHash(1, 3);
  first.hash('192.0.2.1');
  second.hash('192.0.2.1');
  assert.notEqual(hexOf(first), hexOf(second));
  const before = hexOf(first);
  first.hash('192.0.2.2');
  assert.notEqual(hexOf(first), before);
  first.hash('192.0.2.1');
  assert.equal(hexOf(first), before);
});

test('characters up to U+00FF are one byte each, as in latin1', () => {
  const hash = new KeyedHash(5, 6);
  const seen = new Set<string>();
  for (let code = 0; code <= 0xff; code += 1) {
    hash.hash(`abc${String.fromCharCode(code)}d`);
    seen.add(hexOf(hash));
  }
  assert.equal(seen.size, 256);
});

test('strings that differ little spread evenly over a small table', () => {
  const hash = new KeyedHash(0x1234, -77);
  const counts = new Array<number>(64).fill(0);
  for (let third = 0; third < 250; third += 1) {
    for (let fourth = 0; fourth < 256; fourth += 1) {
      hash.hash(`10.0.${third}.${fourth}`);
      const spot = hash.low & 63;
      counts[spot] = (counts[spot] ?? 0) + 1;
    }
  }
  // 64,000 strings on 64 spots: 1,000 each with a standard deviation of 31; six of them leave no room for chance.
  assert.ok(Math.min(...counts) > 810 && Math.max(...counts) < 1190, counts.join(' '));
});
