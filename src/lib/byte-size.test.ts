import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatByteSize, parseByteSize } from './byte-size.ts';

test('sizes are read as bytes', () => {
  assert.equal(parseByteSize('0'), 0);
  assert.equal(parseByteSize('512'), 512);
  assert.equal(parseByteSize('512B'), 512);
  assert.equal(parseByteSize('64KiB'), 65_536);
  assert.equal(parseByteSize('64kib'), 65_536);
  assert.equal(parseByteSize('1.5MiB'), 1_572_864);
  assert.equal(parseByteSize('1GiB'), 1_073_741_824);
  assert.equal(parseByteSize('10kB'), 10_000);
  assert.equal(parseByteSize('10MB'), 10_000_000);
  assert.equal(parseByteSize('1GB'), 1_000_000_000);
});

test('texts that are no size are refused', () => {
  for (const text of ['', 'KiB', '64 KiB', '-1', '64K', '1.5', '1e3', '64KiBs', '1XiB', '99999999999GiB', '1\n']) {
    assert.equal(parseByteSize(text), undefined, JSON.stringify(text));
  }
});

test('a written size is read back as the same', () => {
  for (const sizeBytes of [0, 1, 1023, 1024, 1536, 65_536, 1_048_576, 1_000_000]) {
    assert.equal(parseByteSize(formatByteSize(sizeBytes)), sizeBytes);
  }
  assert.equal(formatByteSize(65_536), '64KiB');
});
