import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSharedState } from './layout.ts';
import { createLimit } from './limit.ts';
import { SharedLimiters } from './shared-limiter.ts';

test('a flood of a million addresses takes no memory and lets nobody past a limit that bites', () => {
  const state = createSharedState({ workers: 1, routes: 1, upstreams: 1, targets: 1, series: 16 });
  let nowMicros = 1_000_000;
  const limiters = new SharedLimiters(state, 0, { nowMicros: () => nowMicros });
  const limiter = limiters.create('route all rate_limit 1', createLimit({ tokens: 100, periodMs: 60_000, burst: 100 }));
  const offenders = Array.from({ length: 1_000 }, (_, index) => `198.51.${index >> 8}.${index & 255}`);
  for (const offender of offenders) {
    for (let request = 0; request < 100; request++) assert.equal(limiter.take(offender).allowed, true);
    assert.equal(limiter.take(offender).allowed, false);
  }
  const heapBefore = process.memoryUsage().heapUsed;
  for (let address = 0; address < 1_000_000; address++) {
    limiter.take(`10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`);
  }
  const heapGrowth = process.memoryUsage().heapUsed - heapBefore;
  assert.ok(heapGrowth < 64 * 1024 * 1024, `the heap grew by ${heapGrowth} bytes`);
  // A bucket that was taken over would let its address through again; the emptiest are the last to be taken over.
  const freed = offenders.filter((offender) => limiter.take(offender).allowed);
  assert.deepEqual(freed, []);
  nowMicros += 600_000;
  assert.equal(limiter.take(offenders[0] ?? '').allowed, true);
  assert.equal(limiter.take(offenders[0] ?? '').allowed, false);
});
