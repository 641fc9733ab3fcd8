import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cursors } from './cursors.ts';
import { runHammers } from './fixtures/run-hammers.ts';
import { createSharedState, lineBytes } from './layout.ts';

const shape = { workers: 4, routes: 1, upstreams: 2, targets: 1, series: 1, buckets: 8 };

function turns(cursors: Cursors, upstreamSlot: number, count: number, calls: number): number[] {
  return Array.from({ length: calls }, () => cursors.next(upstreamSlot, count));
}

test('a cursor goes round in order, each upstream on its own', () => {
  const cursors = new Cursors(createSharedState(shape));
  assert.deepEqual(turns(cursors, 0, 3, 7), [0, 1, 2, 0, 1, 2, 0]);
  assert.deepEqual(turns(cursors, 1, 3, 2), [0, 1]);
  assert.deepEqual(turns(cursors, 0, 1, 3), [0, 0, 0]);
});

test('the rotation goes on without a jump where the word would run over', () => {
  for (const count of [1, 2, 3, 7, 10]) {
    const state = createSharedState(shape);
    const cursors = new Cursors(state);
    const word = new Int32Array(state.buffer, state.offsets.cursors + lineBytes, 1);
    const before = 2 ** 31 - 12;
    word[0] = before;
    const expected = Array.from({ length: 40 }, (_, call) => (before + call) % count);
    assert.deepEqual(turns(cursors, 1, count, 40), expected);
    assert.ok((word[0] ?? -1) >= 0 && (word[0] ?? Infinity) < 100, 'the word has been brought back');
  }
});

test('workers together give every position the same number of times', async () => {
  const state = createSharedState(shape);
  new Int32Array(state.buffer, state.offsets.cursors, 1)[0] = 2 ** 31 - 50_000;
  const results = await runHammers(state, 4, { kind: 'cursors', count: 5, turns: 50_000 });
  const sums = [0, 1, 2, 3, 4].map((position) => results.reduce((sum, seen) => sum + (seen[position] ?? 0), 0));
  assert.deepEqual(sums, [40_000, 40_000, 40_000, 40_000, 40_000]);
});
