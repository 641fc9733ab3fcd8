import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeUtf8 } from './utf8.ts';

test('text is written where it is to stand, and its length in bytes is told', () => {
  const bytes = Buffer.alloc(8, '.');
  assert.equal(writeUtf8(bytes, 'a€b', 1, 7), 5);
  assert.equal(bytes.toString(), '.a€b..');
  assert.equal(writeUtf8(bytes, '', 8, 0), 0);
});

test('what does not fit is left out, and no character is written in part', () => {
  const bytes = Buffer.alloc(8, '.');
  assert.equal(writeUtf8(bytes, 'a€b', 0, 3), 1);
  assert.equal(writeUtf8(bytes, 'abcdef', 1, 4), 4);
  assert.equal(bytes[5], '.'.charCodeAt(0));
});

test('half of a pair of units becomes the replacement character', () => {
  const bytes = Buffer.alloc(8);
  assert.equal(writeUtf8(bytes, '\ud800', 0, 8), 3);
  assert.equal(bytes.toString('utf8', 0, 3), '\ufffd');
});
