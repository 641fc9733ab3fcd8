import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1Text, writeLatin1 } from './latin1.ts';

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

test('every byte is one character, and comes back as the same byte', () => {
  const text = latin1Text(everyByte, 0, 256);
  assert.equal(text.length, 256);
  for (let byte = 0; byte < 256; byte++) assert.equal(text.charCodeAt(byte), byte);
  const written = Buffer.alloc(258);
  writeLatin1(written, text, 1);
  assert.deepEqual(written.subarray(1, 257), everyByte);
  assert.deepEqual([written[0], written[257]], [0, 0]);
});

test('a part is cut out, and an empty one is empty', () => {
  assert.equal(latin1Text(everyByte, 65, 68), 'ABC');
  assert.equal(latin1Text(everyByte, 65, 65), '');
});

test('the text does not change with the memory that it was read from', () => {
  const bytes = Buffer.from('abc');
  const text = latin1Text(bytes, 0, 3);
  bytes.fill(0);
  assert.equal(text, 'abc');
});
