import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexadecimalValue } from './hexadecimal.ts';

test('every hexadecimal digit of either case has its value', () => {
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    assert.equal(hexadecimalValue(digit.charCodeAt(0)), value);
    assert.equal(hexadecimalValue(digit.toUpperCase().charCodeAt(0)), value);
  }
});

test('nothing else has a value, also beyond one byte and beyond the end of a text', () => {
  for (let code = 0; code < 65_536; code++) {
    const isDigit = code < 128 && /^[0-9a-fA-F]$/.test(String.fromCharCode(code));
    assert.equal(hexadecimalValue(code) >= 0, isDigit, `code ${code}`);
  }
  assert.equal(hexadecimalValue(NaN), -1);
});
