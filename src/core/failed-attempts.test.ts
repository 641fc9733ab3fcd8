import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailedAttempts } from './failed-attempts.ts';

function createBench() {
  const time = { nowMs: 1_000 };
  return { time, attempts: new FailedAttempts({ now: () => time.nowMs, wallTime: () => 0 }) };
}

test('four failures cost nothing; from the fifth on the wait doubles up to 16 s', () => {
  const { attempts } = createBench();
  const waits = Array.from({ length: 12 }, () => attempts.countFailure('a').waitMs);
  assert.deepEqual(waits, [0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000, 16_000]);
});

test('the wait runs out by itself', () => {
  const { attempts, time } = createBench();
  for (let count = 0; count < 6; count += 1) attempts.countFailure('a');
  assert.equal(attempts.waitMs('a'), 2_000);
  time.nowMs += 1_500;
  assert.equal(attempts.waitMs('a'), 500);
  time.nowMs += 500;
  assert.equal(attempts.waitMs('a'), 0);
  assert.deepEqual(attempts.countFailure('a'), { failures: 7, waitMs: 4_000 });
});

test('others do not wait', () => {
  const { attempts } = createBench();
  for (let count = 0; count < 9; count += 1) attempts.countFailure('a');
  assert.equal(attempts.waitMs('b'), 0);
  assert.equal(attempts.countFailure('b').failures, 1);
});

test('failures are forgotten when told to, and a quarter of an hour after the last', () => {
  const { attempts, time } = createBench();
  for (let count = 0; count < 5; count += 1) attempts.countFailure('a');
  attempts.forget('a');
  assert.equal(attempts.waitMs('a'), 0);
  assert.equal(attempts.countFailure('a').failures, 1);
  time.nowMs += 15 * 60_000 - 1;
  assert.equal(attempts.countFailure('a').failures, 2);
  time.nowMs += 15 * 60_000;
  assert.equal(attempts.countFailure('a').failures, 1);
});

test('the table stays small whatever comes: the network that was quiet longest is forgotten', () => {
  const { attempts } = createBench();
  for (let count = 0; count < 5; count += 1) attempts.countFailure('first');
  for (let index = 0; index < 10_000; index += 1) attempts.countFailure(`other ${index}`);
  assert.equal(attempts.waitMs('first'), 0);
  assert.equal(attempts.countFailure('other 9999').failures, 2);
});
