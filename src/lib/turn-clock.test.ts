import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TurnClock } from './turn-clock.ts';

/** Lets the system's clock go on by more than its resolution. */
function waitForLaterTime(): void {
  const start = performance.now();
  while (performance.now() < start + 2);
}

test('the time stands still until the next event', () => {
  const clock = new TurnClock();
  const time = clock.now();
  waitForLaterTime();
  assert.equal(clock.now(), time);
});

test('an event brings the time forward, and never back', () => {
  const clock = new TurnClock();
  const before = clock.now();
  waitForLaterTime();
  const earliest = performance.now();
  const refreshed = clock.refresh();
  assert.equal(clock.now(), refreshed);
  assert.ok(refreshed >= earliest && refreshed <= performance.now());
  assert.ok(refreshed >= before + 2);
});

test('the wall time is Unix time in milliseconds, whichever way the system sets it', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_123 });
  const clock = new TurnClock();
  assert.equal(clock.wallTime(), 1_700_000_000_123);
  context.mock.timers.setTime(1_600_000_000_000);
  assert.equal(clock.wallTime(), 1_700_000_000_123);
  clock.refresh();
  assert.equal(clock.wallTime(), 1_600_000_000_000);
});
