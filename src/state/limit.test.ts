import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLimit } from './limit.ts';

test('a rate becomes the whole microseconds of one token, never fewer than exact', () => {
  assert.deepEqual(createLimit({ tokens: 100, periodMs: 60_000, burst: 20 }), { emissionMicros: 600_000, burst: 20 });
  assert.deepEqual(createLimit({ tokens: 7, periodMs: 1000, burst: 7 }), { emissionMicros: 142_858, burst: 7 });
  assert.deepEqual(createLimit({ tokens: 1_000_000, periodMs: 1000, burst: 1 }), { emissionMicros: 1, burst: 1 });
});

test('numbers that cannot be are refused with the number in the message', () => {
  const rate = { tokens: 10, periodMs: 1000, burst: 5 };
  assert.throws(() => createLimit({ ...rate, tokens: 0 }), /positive number of tokens, not 0/);
  assert.throws(() => createLimit({ ...rate, tokens: NaN }), /positive number of tokens, not NaN/);
  assert.throws(() => createLimit({ ...rate, periodMs: -1 }), /positive period, not -1 ms/);
  assert.throws(() => createLimit({ ...rate, burst: 0 }), /whole number from 1, not 0/);
  assert.throws(() => createLimit({ ...rate, burst: 1.5 }), /whole number from 1, not 1.5/);
  assert.throws(() => createLimit({ ...rate, tokens: 1_000_001 }), /more than one a microsecond/);
  assert.throws(() => createLimit({ tokens: 1, periodMs: 86_400_000, burst: 100_000 }), /over 142 years/);
});
