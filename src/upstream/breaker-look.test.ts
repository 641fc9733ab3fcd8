import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BreakerBench, benchOptions } from './breaker-bench.fixture.ts';
import { refusedPermit, type Permit } from './breaker.ts';

const step = fc.record({
  passedMs: fc.nat({ max: 2 * benchOptions.resetTimeoutMs }),
  what: fc.constantFrom('ask', 'success', 'failure', 'failure', 'abandon'),
});

test('a look says what the request that asks next is told, and changes nothing', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const bench = new BreakerBench();
      const permits: Permit[] = [];
      const digest = () => hash('sha256', new Uint8Array(bench.state.buffer).slice());
      for (const { passedMs, what } of steps) {
        bench.nowMs += passedMs;
        const before = digest();
        const seen = bench.second.look();
        assert.equal(digest(), before);
        assert.equal(seen.state, bench.reading.state);
        const permit = what === 'ask' || permits.length === 0 ? bench.first.allow() : null;
        if (permit !== null) {
          assert.equal(seen.passes, permit !== refusedPermit, JSON.stringify(seen));
          if (permit !== refusedPermit) permits.push(permit);
          if (!seen.passes && seen.state === 'open') assert.equal(seen.retryAfterMs, bench.first.retryAfterMs());
          continue;
        }
        const given = permits.shift() ?? refusedPermit;
        if (what === 'success') bench.first.onSuccess(given);
        else if (what === 'failure') bench.first.onFailure(given);
        else bench.first.onAbandoned(given);
      }
    }),
    { numRuns: 100 },
  );
});

test('a look tells of failures while closed, of the time left while open, and of requests under way while half-open', () => {
  const bench = new BreakerBench();
  bench.fail(2);
  assert.deepEqual(bench.first.look(), { state: 'closed', passes: true, count: 2, retryAfterMs: 0, underWay: 0 });
  bench.fail(1);
  const { resetTimeoutMs } = benchOptions;
  bench.nowMs += resetTimeoutMs - 100;
  assert.deepEqual(bench.first.look(), { state: 'open', passes: false, count: 3, retryAfterMs: 100, underWay: 0 });
  bench.nowMs += 100;
  assert.deepEqual(bench.first.look(), { state: 'open', passes: true, count: 3, retryAfterMs: 0, underWay: 0 });
  bench.first.allow();
  assert.deepEqual(bench.first.look(), { state: 'half-open', passes: true, count: 0, retryAfterMs: 0, underWay: 1 });
});
