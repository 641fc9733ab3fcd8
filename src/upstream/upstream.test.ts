import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cursors } from '../state/cursors.ts';
import { createSharedState } from '../state/layout.ts';
import { TargetStates, targetHealthy, targetUnhealthy } from '../state/target-states.ts';
import { RoundRobin } from './balancers/round-robin.ts';
import type { Target } from './target.ts';
import { Upstream } from './upstream.ts';

function createUpstream(names: string, { internal = false, weights = [] as number[] } = {}) {
  const state = createSharedState({ workers: 1, routes: 1, upstreams: 2, targets: 10, series: 8, buckets: 8 });
  const states = new TargetStates(state);
  const targets = Array.from(names, (name, slot) => ({ authority: name, slot, weight: weights[slot] ?? 1 }) as Target);
  const upstream = new Upstream({
    name: 'u',
    slot: 1,
    targets,
    timeouts: { connectMs: 1, responseMs: 1, idleMs: 1, waitMs: 1 },
    internal,
    breaker: null,
    retry: null,
    balancer: new RoundRobin(new Cursors(state)),
    states,
  });
  const byName = (name: string) => targets.filter(({ authority }) => name.includes(authority));
  return {
    upstream,
    pickMany: (count: number, tried: string | null = null) =>
      Array.from(
        { length: count },
        () => upstream.pick(null, tried === null ? null : byName(tried))?.authority ?? '-',
      ).join(''),
    setHealth: (of: string, health: number) => byName(of).forEach(({ slot }) => states.setHealth(slot, health)),
  };
}

describe('the target of an attempt', () => {
  test('is each in its turn', () => {
    assert.equal(createUpstream('abc').pickMany(7), 'abcabca');
    assert.equal(createUpstream('a').pickMany(3), 'aaa');
  });

  test('is each by its weight, and the heavy one not all at once', () => {
    const { pickMany, setHealth } = createUpstream('abc', { weights: [3, 1, 2] });
    const picked = pickMany(60);
    for (const [name, share] of [
      ['a', 30],
      ['b', 10],
      ['c', 20],
    ] as const) {
      assert.equal(picked.split(name).length - 1, share, picked);
    }
    setHealth('a', targetUnhealthy);
    const withoutA = pickMany(30);
    assert.deepEqual([withoutA.split('b').length - 1, withoutA.split('c').length - 1], [10, 20]);
    assert.doesNotMatch(createUpstream('ab', { weights: [4, 4] }).pickMany(16), /aaaa|bbbb/);
  });

  test('is none that is unhealthy, and the others have the same share', () => {
    const { pickMany, setHealth } = createUpstream('abcd');
    setHealth('ac', targetHealthy);
    setHealth('b', targetUnhealthy);
    const picked = pickMany(30);
    for (const name of 'acd') assert.equal(picked.split(name).length - 1, 10, picked);
    setHealth('b', targetHealthy);
    assert.match(pickMany(4), /b/);
  });

  test('is none where all are unhealthy', () => {
    const { pickMany, setHealth } = createUpstream('ab');
    setHealth('ab', targetUnhealthy);
    assert.equal(pickMany(2), '--');
  });

  test('is none that the request was at already', () => {
    const { pickMany } = createUpstream('abc');
    assert.doesNotMatch(pickMany(6, 'b'), /[b-]/);
    assert.equal(pickMany(2, 'ab'), 'cc');
    assert.equal(pickMany(1, 'abc'), '-');
  });

  test('is none where those that are left are unhealthy', () => {
    const { pickMany, setHealth } = createUpstream('ab');
    setHealth('b', targetUnhealthy);
    assert.equal(pickMany(2, 'a'), '--');
  });

  test('is the gateway itself whatever its health', () => {
    const { pickMany, setHealth } = createUpstream('g', { internal: true });
    setHealth('g', targetUnhealthy);
    assert.equal(pickMany(2), 'gg');
    assert.equal(pickMany(1, 'g'), '-');
  });
});
