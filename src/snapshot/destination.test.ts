import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Upstream } from '../upstream/upstream.ts';
import { Split } from './destination.ts';

test('a split gives each upstream the part of all chances that its weight is, and none to a weight of 0', () => {
  const upstreamOf = (name: string) => ({ name }) as Upstream;
  const weights: readonly [name: string, weight: number][] = [
    ['off', 0],
    ['stable', 7],
    ['next', 3],
    ['gone', 0],
  ];
  let chance = 0;
  const shares = weights.map(([name, weight]) => ({ upstream: upstreamOf(name), weight }));
  const split = new Split(shares, () => chance);
  const chosen = Array.from({ length: 1000 }, (_, at) => {
    chance = at / 1000;
    return split.choose()?.name;
  });
  assert.deepEqual(
    ['off', 'stable', 'next', 'gone'].map((name) => chosen.filter((one) => one === name).length),
    [0, 700, 300, 0],
  );
  chance = 1 - Number.EPSILON;
  assert.equal(split.choose()?.name, 'next');
  chance = 0;
  assert.equal(split.choose()?.name, 'stable');
});
