import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  controlWord,
  generationOf,
  nextGeneration,
  phaseOpen,
  readBreaker,
  releaseBreakerSlots,
  resetBreaker,
  viewBreaker,
} from '../state/breaker-state.ts';
import { BreakerBench, benchOptions, pass, refuse } from './breaker-bench.fixture.ts';
import { refusedPermit } from './breaker.ts';

describe('a closed breaker', () => {
  test('lets everything pass, and has seen nothing at first', () => {
    const { first, second, ...bench } = new BreakerBench();
    for (let request = 0; request < 100; request += 1) pass(request % 2 === 0 ? first : second);
    assert.equal(first.retryAfterMs(), 0);
    assert.deepEqual(readBreaker(bench.state, 1), {
      state: 'closed',
      failures: 0,
      consecutiveSuccesses: 0,
      lastFailureAtMs: null,
      trips: 0,
    });
  });

  test('counts failures in a row, whichever worker sees them, and a success ends the row', () => {
    const bench = new BreakerBench();
    bench.first.onFailure(pass(bench.first));
    bench.nowMs = 1500;
    bench.second.onFailure(pass(bench.second));
    assert.deepEqual([bench.reading.failures, bench.reading.lastFailureAtMs], [2, 1500]);
    bench.second.onSuccess(pass(bench.second));
    assert.equal(bench.reading.failures, 0);
    bench.fail(2);
    assert.equal(bench.reading.state, 'closed');
    bench.fail(1);
    assert.equal(bench.reading.state, 'open');
  });

  test('counts successes since the last failure over all workers', () => {
    const bench = new BreakerBench();
    for (let request = 0; request < 3; request += 1) bench.first.onSuccess(pass(bench.first));
    for (let request = 0; request < 2; request += 1) bench.second.onSuccess(pass(bench.second));
    assert.equal(bench.reading.consecutiveSuccesses, 5);
    bench.fail(1);
    assert.equal(bench.reading.consecutiveSuccesses, 0);
    bench.second.onSuccess(pass(bench.second));
    assert.equal(bench.reading.consecutiveSuccesses, 1);
  });

  test('takes an abandoned request for neither', () => {
    const bench = new BreakerBench();
    bench.fail(2);
    bench.first.onAbandoned(pass(bench.first));
    assert.deepEqual([bench.reading.failures, bench.reading.consecutiveSuccesses], [2, 0]);
  });

  test('is nobody else’s: another upstream has its own', () => {
    const bench = new BreakerBench();
    bench.open();
    assert.equal(readBreaker(bench.state, 0).state, 'closed');
    assert.equal(readBreaker(bench.state, 0).failures, 0);
  });
});

describe('an open breaker', () => {
  test('refuses everybody for its whole time, and says for how long', () => {
    const bench = new BreakerBench();
    bench.open();
    assert.deepEqual(bench.reading, {
      state: 'open',
      failures: 3,
      consecutiveSuccesses: 0,
      lastFailureAtMs: 1000,
      trips: 1,
    });
    refuse(bench.first);
    refuse(bench.second);
    assert.equal(bench.second.retryAfterMs(), 30_000);
    bench.nowMs += 29_999;
    refuse(bench.first);
    refuse(bench.second);
    assert.equal(bench.first.retryAfterMs(), 1);
    bench.nowMs += 1;
    assert.equal(bench.first.retryAfterMs(), 0);
    assert.equal(bench.reading.state, 'open', 'until somebody asks');
    pass(bench.second);
    assert.equal(bench.reading.state, 'half-open');
  });

  test('is open for no less than its time, to the microsecond', () => {
    const bench = new BreakerBench();
    bench.nowMs = 1000.9;
    bench.open();
    bench.nowMs = 31_000.8;
    refuse(bench.first);
    assert.equal(bench.first.retryAfterMs(), 1);
    bench.nowMs = 31_001;
    pass(bench.first);
  });

  test('takes no notice of answers to requests from before it opened', () => {
    const bench = new BreakerBench();
    const late = [pass(bench.first), pass(bench.second), pass(bench.second)] as const;
    bench.open();
    const before = bench.reading;
    bench.nowMs += 10;
    bench.first.onSuccess(late[0]);
    bench.second.onFailure(late[1]);
    bench.second.onAbandoned(late[2]);
    assert.deepEqual(bench.reading, before);
  });

  test('is not open for ever when the worker that opened it ended before it could say when', () => {
    const bench = new BreakerBench();
    const { words } = viewBreaker(bench.state, 1);
    words[controlWord] = nextGeneration(0, phaseOpen, 3);
    bench.nowMs = 100_000;
    refuse(bench.first);
    bench.nowMs += 29_999;
    refuse(bench.second);
    bench.nowMs += 1;
    pass(bench.second);
  });
});

describe('a half-open breaker', () => {
  test('lets as many pass at once as it has slots, over all workers, and another when one is given back', () => {
    const bench = new BreakerBench();
    bench.openUntilDue();
    const permits = [pass(bench.first), pass(bench.second)] as const;
    refuse(bench.first);
    refuse(bench.second);
    assert.equal(bench.first.retryAfterMs(), 1000);
    bench.first.onAbandoned(permits[0]);
    assert.deepEqual([bench.reading.state, bench.reading.consecutiveSuccesses], ['half-open', 0]);
    pass(bench.second);
    refuse(bench.first);
    bench.second.onSuccess(permits[1]);
    assert.deepEqual([bench.reading.state, bench.reading.consecutiveSuccesses], ['half-open', 1]);
    pass(bench.first);
    refuse(bench.first);
  });

  test('closes after enough successes in a row, with all counts anew', () => {
    const bench = new BreakerBench();
    bench.openUntilDue();
    bench.first.onSuccess(pass(bench.first));
    bench.second.onSuccess(pass(bench.second));
    assert.deepEqual(bench.reading, {
      state: 'closed',
      failures: 0,
      consecutiveSuccesses: 2,
      lastFailureAtMs: 1000,
      trips: 1,
    });
    bench.fail(2);
    assert.equal(bench.reading.state, 'closed');
  });

  test('opens at any failure, for the whole time again, and that is a trip', () => {
    const bench = new BreakerBench();
    bench.openUntilDue();
    bench.first.onSuccess(pass(bench.first));
    bench.second.onFailure(pass(bench.second));
    assert.deepEqual(bench.reading, {
      state: 'open',
      failures: 1,
      consecutiveSuccesses: 0,
      lastFailureAtMs: 31_000,
      trips: 2,
    });
    bench.nowMs += 29_999;
    refuse(bench.first);
    bench.nowMs += 1;
    bench.first.onSuccess(pass(bench.first));
    assert.equal(bench.reading.state, 'half-open', 'the success of the time before does not count');
  });

  test('counts a request of an earlier half-open among those under way, but not its outcome', () => {
    const bench = new BreakerBench();
    bench.openUntilDue();
    const slow = pass(bench.first);
    bench.second.onFailure(pass(bench.second));
    bench.nowMs += benchOptions.resetTimeoutMs;
    const present = pass(bench.second);
    refuse(bench.second);
    bench.first.onFailure(slow);
    assert.equal(bench.reading.state, 'half-open');
    assert.equal(bench.reading.trips, 2);
    const other = pass(bench.first);
    bench.first.onSuccess(other);
    bench.second.onSuccess(present);
    assert.equal(bench.reading.state, 'closed');
  });

  test('gets the slots of a dead worker back, and only those', () => {
    const bench = new BreakerBench();
    bench.openUntilDue();
    pass(bench.first);
    const living = pass(bench.second);
    releaseBreakerSlots(bench.state, 0);
    const successor = bench.create(0);
    successor.onSuccess(pass(successor));
    pass(successor);
    refuse(successor);
    bench.second.onSuccess(living);
    assert.equal(bench.reading.state, 'closed');
  });
});

describe('a breaker', () => {
  test('is closed by a reset from anywhere, and what was under way counts no more', () => {
    for (const prepare of ['fail', 'open', 'openUntilDue'] as const) {
      const bench = new BreakerBench();
      const early = pass(bench.first);
      bench[prepare](2);
      const probe = prepare === 'openUntilDue' ? pass(bench.second) : refusedPermit;
      resetBreaker(bench.state, 1);
      bench.first.onFailure(early);
      bench.second.onFailure(probe);
      assert.deepEqual([bench.reading.state, bench.reading.failures], ['closed', 0], prepare);
      bench.fail(2);
      assert.equal(bench.reading.state, 'closed', prepare);
    }
  });

  test('takes no notice of an outcome that is told with a refusal', () => {
    const bench = new BreakerBench();
    bench.openUntilDue();
    pass(bench.first);
    pass(bench.first);
    const before = bench.reading;
    bench.first.onSuccess(refusedPermit);
    bench.first.onFailure(refusedPermit);
    bench.first.onAbandoned(refusedPermit);
    assert.deepEqual(bench.reading, before);
    refuse(bench.first);
  });

  test('goes on where the generations begin again', () => {
    const bench = new BreakerBench();
    const { words } = viewBreaker(bench.state, 1);
    words[controlWord] = (2 ** 17 - 1) * 2 ** 14;
    bench.openUntilDue();
    assert.equal(generationOf(words[controlWord] ?? -1), 0);
    refuse(bench.create(0, { resetTimeoutMs: 30_001 }));
    const permits = [pass(bench.first), pass(bench.second)] as const;
    bench.first.onSuccess(permits[0]);
    bench.second.onSuccess(permits[1]);
    assert.equal(bench.reading.state, 'closed');
  });

  test('judges by its options of the moment, which a reload may change', () => {
    const bench = new BreakerBench();
    bench.fail(2);
    const strict = bench.create(0, { maxFailures: 1, resetTimeoutMs: 0 });
    strict.onFailure(pass(strict));
    assert.equal(bench.reading.state, 'open');
    refuse(bench.first);
    pass(strict);
  });

  test('refuses options that it has no room for, by name', () => {
    const bench = new BreakerBench();
    bench.create(0, { maxFailures: 4095, halfOpenRequests: 256, successThreshold: 4095, resetTimeoutMs: 0 });
    assert.throws(() => bench.create(0, { maxFailures: 4096 }), /maxFailures to be a whole number from 1 to 4095/);
    assert.throws(() => bench.create(0, { halfOpenRequests: 257 }), /halfOpenRequests .* from 1 to 256, not 257/);
    assert.throws(() => bench.create(0, { successThreshold: 0 }), /successThreshold/);
    assert.throws(() => bench.create(0, { resetTimeoutMs: NaN }), /resetTimeoutMs/);
    assert.throws(() => bench.create(2), /Worker 2 has no region/);
  });
});
