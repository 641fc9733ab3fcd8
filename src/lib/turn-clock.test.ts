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
  const [time, wallTime] = [clock.now(), clock.wallTime()];
  waitForLaterTime();
  assert.deepEqual([clock.now(), clock.wallTime()], [time, wallTime]);
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

test('the wall time is Unix time in milliseconds', () => {
  const clock = new TurnClock();
  const wallTime = clock.refresh() + performance.timeOrigin;
  assert.equal(clock.wallTime(), wallTime);
  // Loose, because the system may set its clock while the process runs.
  assert.ok(Math.abs(clock.wallTime() - Date.now()) < 60_000);
});
