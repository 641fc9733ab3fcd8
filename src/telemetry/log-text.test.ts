import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBytes, escapeText, isPlainAscii } from './log-text.ts';

const length = 11;

test('a byte that is to be escaped is found wherever it stands, and no other one is taken for it', () => {
  for (const fill of [' ', '!', '#', '[', ']', 'a', '~']) {
    for (let byte = 0; byte < 256; byte += 1) {
      const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x5c;
      for (let at = 0; at < length; at += 1) {
        const bytes = Buffer.alloc(length, fill);
        bytes[at] = byte;
        const view = new DataView(bytes.buffer, bytes.byteOffset, length);
        assert.equal(isPlainAscii(view, 0, length), isPlain, `${byte} at ${at} among ${fill}`);
        // Only what is asked for counts.
        assert.ok(isPlainAscii(view, at + 1, length) && isPlainAscii(view, 0, at));
      }
    }
  }
});

test('what is hidden or steers stands by its number, all else as it is', () => {
  assert.equal(escapeText('a"b\\c\n\u007f\u202e\ud800é😀'), 'a\\"b\\\\c\\u000a\\u007f\\u202e\\ud800é😀');
});

test('bytes are read as UTF-8 where they are that', () => {
  assert.deepEqual(['caf\u00c3\u00a9', 'caf\u00e9'].map(decodeBytes), ['café', 'café']);
});
