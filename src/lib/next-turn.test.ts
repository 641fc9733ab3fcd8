import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inNextTurn } from './next-turn.ts';

test('what is postponed is done in the next turn, and what is postponed then in the one after it', async () => {
  const done: string[] = [];
  inNextTurn({
    onNextTurn: () => {
      done.push('first');
      inNextTurn({ onNextTurn: () => done.push('third') });
    },
  });
  inNextTurn({ onNextTurn: () => done.push('second') });
  assert.deepEqual(done, []);
  await nextTurn();
  assert.deepEqual(done, ['first', 'second']);
  await nextTurn();
  assert.deepEqual(done, ['first', 'second', 'third']);
});
