import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runHammers } from './fixtures/run-hammers.ts';
import { createSharedState } from './layout.ts';
import { SharedClock } from './shared-clock.ts';

const shape = { workers: 3, routes: 1, upstreams: 1, targets: 1, series: 1, buckets: 8 };

test('the clock starts near 0 when the state is made, and gives whole microseconds that never go back', () => {
  const before = performance.now();
  const clock = new SharedClock(createSharedState(shape));
  let previous = clock.nowMicros();
  assert.ok(previous >= 0 && previous <= (performance.now() - before) * 1000 + 2);
  for (let reading = 0; reading < 10_000; reading += 1) {
    const now = clock.nowMicros();
    assert.ok(Number.isInteger(now) && now >= previous);
    previous = now;
  }
});

test('worker threads that started later read the same clock', async () => {
  const state = createSharedState(shape);
  const clock = new SharedClock(state);
  const before = clock.nowMicros();
  const readings = await runHammers(state, 3, { kind: 'clock' });
  const after = clock.nowMicros();
  for (const [reading] of readings) {
    // Each thread finds its offset to well under a microsecond, hence one of tolerance.
    assert.ok(reading !== undefined && reading >= before - 1 && reading <= after + 1, `${before} ${reading} ${after}`);
  }
});
