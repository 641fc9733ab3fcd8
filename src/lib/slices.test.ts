import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInSlices } from './slices.ts';

function busyFor(milliseconds: number): void {
  const endMs = performance.now() + milliseconds;
  while (performance.now() < endMs);
}

test('all steps are taken in order, and their result is that of the whole', async () => {
  const taken: number[] = [];
  function* steps(): Generator<void, string> {
    for (let step = 0; step < 1_000; step += 1) {
      taken.push(step);
      yield;
    }
    return 'done';
  }
  assert.equal(await runInSlices(steps()), 'done');
  assert.deepEqual(
    taken,
    Array.from({ length: 1_000 }, (_, step) => step),
  );
});

test('other events have their turn in between', async () => {
  let turns = 0;
  const order: number[] = [];
  function* steps(): Generator<void, void> {
    for (let step = 0; step < 5; step += 1) {
      setImmediate(() => (turns += 1));
      busyFor(1.5);
      yield;
      order.push(turns);
    }
  }
  await runInSlices(steps());
  assert.deepEqual(order, [1, 2, 3, 4, 5]);
});

test('an error of a step ends it and is passed on', async () => {
  function* steps(): Generator<void, void> {
    yield;
    throw new Error('a step failed');
  }
  await assert.rejects(runInSlices(steps()), /a step failed/);
});
