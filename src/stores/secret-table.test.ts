import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SecretTable } from './secret-table.ts';

test('what was added is found by the very same secret and by no other', () => {
  const table = new SecretTable(4);
  table.add(3, 'key-admin');
  assert.equal(table.find('key-admin'), 3);
  for (const other of [
    '',
    'key-admi',
    'key-admin ',
    'key-admin\0',
    'key-admiN',
    'Key-admin',
    'key-admjn',
    'ŋey-admin',
  ]) {
    assert.equal(table.find(other), -1, other);
  }
});

test('any texts are told apart as a Map tells them apart, one after the other in the same memory', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('a', 'b', 'é', '€', '\0'), maxLength: 9 }),
  );
  fc.assert(
    fc.property(fc.uniqueArray(text, { maxLength: 60 }), fc.array(text, { maxLength: 60 }), (added, others) => {
      const table = new SecretTable(60);
      const plain = new Map(added.map((secret, entry) => [secret, entry]));
      for (const [secret, entry] of plain) table.add(entry, secret);
      for (const secret of [...added, ...others]) assert.equal(table.find(secret), plain.get(secret) ?? -1);
    }),
    { numRuns: 300 },
  );
});

test('a secret that is too long is not kept, and one that just fits is', () => {
  const table = new SecretTable(4);
  for (const [entry, secret] of ['x'.repeat(1_020), 'y'.repeat(1_021), 'é'.repeat(510), 'é'.repeat(511)].entries()) {
    table.add(entry, secret);
    assert.equal(table.find(secret), entry % 2 === 0 ? entry : -1);
  }
});
