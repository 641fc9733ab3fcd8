import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { EntryIndex, mostEntries } from './entry-index.ts';

function findAll(index: EntryIndex, hash: number): number[] {
  const found: number[] = [];
  for (let entry = index.first(hash); entry >= 0; entry = index.next()) found.push(entry);
  return found;
}

test('it finds what a plain list would find, however entries come and go', () => {
  // Few hashes, so that many entries share one or stand at the place of another.
  const hash = fc.oneof(fc.constantFrom(0, 1, 2, 1_024, -1, 0x7fff_ffff, 1_023 | 0), fc.integer());
  const step = fc.record({ entry: fc.integer({ min: 0, max: 40 }), hash });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const index = new EntryIndex(41);
      const plain = new Map<number, number>();
      for (const { entry, hash: given } of steps) {
        if (plain.has(entry)) {
          index.remove(entry);
          plain.delete(entry);
        } else {
          index.add(entry, given);
          plain.set(entry, given);
        }
        for (const [known, ofKnown] of plain) assert.ok(findAll(index, ofKnown).includes(known));
        for (const found of findAll(index, given)) assert.ok(plain.has(found));
      }
    }),
    { numRuns: 300 },
  );
});

test('it grows to as many entries as there can be, and still finds each of them', () => {
  const index = new EntryIndex(mostEntries);
  const hashOf = (entry: number) => Math.imul(entry + 1, 0x9e37_79b1);
  for (let entry = 0; entry < mostEntries; entry += 1) index.add(entry, hashOf(entry));
  let strangers = 0;
  for (let entry = 0; entry < mostEntries; entry += 97) {
    const found = findAll(index, hashOf(entry));
    assert.ok(found.includes(entry));
    strangers += found.length - 1;
  }
  assert.ok(strangers < 50, `${strangers} others were found`);
});
