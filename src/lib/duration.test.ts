import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from './duration.ts';

test('durations in one unit are read as milliseconds', () => {
  assert.equal(parseDuration('250ms'), 250);
  assert.equal(parseDuration('10s'), 10_000);
  assert.equal(parseDuration('1m'), 60_000);
  assert.equal(parseDuration('2h'), 7_200_000);
  assert.equal(parseDuration('0s'), 0);
});

test('durations may have several units, from large to small, and decimals', () => {
  assert.equal(parseDuration('1h30m'), 5_400_000);
  assert.equal(parseDuration('1m30s'), 90_000);
  assert.equal(parseDuration('1.5s'), 1500);
  assert.equal(parseDuration('1.001s'), 1001);
});

test('texts that are no duration are refused', () => {
  const texts = ['', '10', 's', '10 s', ' 10s', '-1s', '1s1m', '1s1s', '1d', '10S', '.5s', '1e3s', '0.5ms', 'abc'];
  for (const text of [...texts, '10s\n', '9007199254740993ms']) {
    assert.equal(parseDuration(text), undefined, JSON.stringify(text));
  }
});

test('a written duration is read back as the same', () => {
  for (const durationMs of [0, 1, 999, 1000, 1500, 60_000, 90_000, 3_600_000, 2_073_600_000]) {
    assert.equal(parseDuration(formatDuration(durationMs)), durationMs);
  }
  assert.equal(formatDuration(90_000), '90s');
  assert.equal(formatDuration(7_200_000), '2h');
});
