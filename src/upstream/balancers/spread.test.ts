import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spreadStep } from './spread.ts';

test('a step meets every place once', () => {
  for (let count = 1; count <= 500; count++) {
    const step = spreadStep(count);
    const met = new Set(Array.from({ length: count }, (_, turn) => (turn * step) % count));
    assert.equal(met.size, count, `count ${count}, step ${step}`);
  }
});

test('places of one target are not met one after the other', () => {
  const step = spreadStep(8);
  // Six places of a heavy target and two of a light one: the light one is met with heavy ones in between.
  const order = Array.from({ length: 8 }, (_, turn) => ((turn * step) % 8 < 6 ? 'heavy' : 'light'));
  const light = order.flatMap((who, turn) => (who === 'light' ? [turn] : []));
  assert.ok((light[1] ?? 0) - (light[0] ?? 0) > 1, order.join(' '));
});
