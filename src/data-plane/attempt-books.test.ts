import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WorkerCounters } from '../state/counters.ts';
import { WorkerHistograms } from '../state/histogram.ts';
import { UpstreamBench, usualOutliers } from '../upstream/fixtures/upstream-bench.ts';
import { AttemptBooks } from './attempt-books.ts';
import type { WorkerContext } from './worker-context.ts';

/** The books of attempts at the target `a`, of whose upstream everything is watched, with a clock in milliseconds. */
function createBooks() {
  const bench = new UpstreamBench('abc', { outliers: { ...usualOutliers, consecutiveFailures: 2 } });
  const clock = { now: () => bench.nowMicros / 1000 };
  const ctx = {
    clock,
    counters: new WorkerCounters(bench.state, 0),
    histograms: new WorkerHistograms(bench.state, 0),
  } as WorkerContext;
  const books = new AttemptBooks(ctx);
  const target = bench.named('a');
  return {
    bench,
    books,
    begin: () => {
      assert.ok(books.enter(bench.upstream, target));
      books.begin();
    },
    pass: (milliseconds: number) => {
      bench.nowMicros += milliseconds * 1000;
    },
    seen: () => ({
      load: bench.loads.of(target.slot),
      ofAll: bench.upstreamLoads.of(bench.upstreamSlot),
      costMs: Math.round(bench.costs.of(target.slot) / 1000),
      failures: bench.outliers?.read(target).failuresInARow,
    }),
  };
}

describe('an attempt', () => {
  test('is in flight from when a connection is asked for to its end, whatever becomes of it', () => {
    for (const outcome of ['success', 'failure', 'abandoned'] as const) {
      const { books, begin, seen } = createBooks();
      begin();
      assert.deepEqual([seen().load, seen().ofAll], [1, 1]);
      books.settle(outcome);
      assert.equal(seen().load, 1);
      books.leave(true);
      assert.deepEqual([seen().load, seen().ofAll], [0, 0]);
      books.leave(false);
      assert.equal(seen().load, 0);
    }
  });

  test('that is made on another connection is one in flight', () => {
    const { books, begin, seen } = createBooks();
    begin();
    books.leave(true);
    books.begin();
    assert.equal(seen().load, 1);
    books.leave(true);
    assert.equal(seen().load, 0);
  });

  test('takes as long as from the last byte of its request to the head of its answer', () => {
    const { books, begin, pass, seen } = createBooks();
    begin();
    pass(500);
    books.noteSent();
    pass(30);
    books.noteAnswer(200);
    pass(900);
    books.settle('success');
    books.leave(true);
    assert.equal(Math.round(seen().costMs / Math.exp(-0.09)), 30);
  });

  test('that was answered before its request was whole says nothing of how long the target takes', () => {
    const { books, begin, pass, seen } = createBooks();
    begin();
    pass(2_000);
    books.noteAnswer(413);
    books.settle('success');
    books.leave(true);
    assert.equal(seen().costMs, 0);
  });

  test('without an answer counts by the time that it took, and as a failure', () => {
    const { books, begin, pass, seen } = createBooks();
    begin();
    pass(250);
    books.leave(true);
    books.settle('failure');
    assert.deepEqual(seen(), { load: 0, ofAll: 0, costMs: 250, failures: 1 });
  });

  test('with an answer of 500 or more is one failure, though its answer breaks off too', () => {
    const { books, begin, pass, seen } = createBooks();
    begin();
    books.noteSent();
    pass(20);
    books.noteAnswer(503);
    books.leave(true);
    books.settle('failure');
    assert.deepEqual(seen(), { load: 0, ofAll: 0, costMs: 20, failures: 1 });
  });

  test('that was given up counts neither way', () => {
    const { books, begin, pass, seen } = createBooks();
    begin();
    pass(5_000);
    books.settle('abandoned');
    books.leave(false);
    assert.deepEqual(seen(), { load: 0, ofAll: 0, costMs: 0, failures: 0 });
  });

  test('that succeeds ends a row of failures', () => {
    const { books, begin, seen } = createBooks();
    for (const outcome of ['failure', 'success', 'failure'] as const) {
      begin();
      books.settle(outcome);
      books.leave(true);
    }
    assert.equal(seen().failures, 1);
  });
});
