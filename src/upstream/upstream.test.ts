import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { targetHealthy, targetUnhealthy } from '../state/target-states.ts';
import { UpstreamBench, usualOutliers } from './fixtures/upstream-bench.ts';

describe('the target of an attempt', () => {
  test('is each in its turn', () => {
    assert.equal(new UpstreamBench('abc').pick(7), 'abcabca');
    assert.equal(new UpstreamBench('a').pick(3), 'aaa');
  });

  test('is each by its weight, and the heavy one not all at once', () => {
    const bench = new UpstreamBench('abc', { weights: [3, 1, 2] });
    assert.deepEqual(bench.count(60), [30, 10, 20]);
    bench.setHealth('a', targetUnhealthy);
    assert.deepEqual(bench.count(30), [0, 10, 20]);
    assert.doesNotMatch(new UpstreamBench('ab', { weights: [4, 4] }).pick(16), /aaaa|bbbb/);
    assert.doesNotMatch(new UpstreamBench('abc', { weights: [4, 2, 2] }).pick(16), /aaa|bb|cc/);
  });

  test('is none that is unhealthy, and the others have the same share', () => {
    const bench = new UpstreamBench('abcd');
    bench.setHealth('ac', targetHealthy);
    bench.setHealth('b', targetUnhealthy);
    assert.deepEqual(bench.count(30), [10, 0, 10, 10]);
    bench.setHealth('b', targetHealthy);
    assert.match(bench.pick(4), /b/);
  });

  test('is none where all are unhealthy', () => {
    const bench = new UpstreamBench('ab');
    bench.setHealth('ab', targetUnhealthy);
    assert.equal(bench.pick(2), '--');
  });

  test('is none that the request was at already', () => {
    const bench = new UpstreamBench('abc');
    assert.doesNotMatch(bench.pick(6, 'b'), /[b-]/);
    assert.equal(bench.pick(2, 'ab'), 'cc');
    assert.equal(bench.pick(1, 'abc'), '-');
    assert.deepEqual(bench.count(30), [10, 10, 10]);
  });

  test('is none where those that are left are unhealthy', () => {
    const bench = new UpstreamBench('ab');
    bench.setHealth('b', targetUnhealthy);
    assert.equal(bench.pick(2, 'a'), '--');
  });

  test('is the gateway itself whatever its health', () => {
    const bench = new UpstreamBench('g', { internal: true });
    bench.setHealth('g', targetUnhealthy);
    assert.equal(bench.pick(2), 'gg');
    assert.equal(bench.pick(1, 'g'), '-');
  });
});

describe('a target that failed too many requests', () => {
  test('gets none until its time is over', () => {
    const bench = new UpstreamBench('abc', { outliers: usualOutliers });
    bench.fail('b', 3);
    assert.deepEqual(bench.count(20), [10, 0, 10]);
    bench.nowMicros += 9_999_000;
    assert.deepEqual(bench.count(20), [10, 0, 10]);
    bench.nowMicros += 1_000;
    assert.deepEqual(bench.count(30), [10, 10, 10]);
    assert.deepEqual(
      bench.logged.map(({ message }) => message),
      ['a target fails and gets no requests for a while', 'a target that failed gets requests again'],
    );
  });

  test('is better than none: it gets requests where all others are unhealthy', () => {
    const bench = new UpstreamBench('ab', { outliers: usualOutliers });
    bench.fail('b', 3);
    assert.equal(bench.pick(2), 'aa');
    bench.setHealth('a', targetUnhealthy);
    assert.equal(bench.pick(2), 'bb');
    bench.setHealth('b', targetUnhealthy);
    assert.equal(bench.pick(2), '--');
  });
});

describe('a slow start', () => {
  const createBench = () => {
    const bench = new UpstreamBench('abc', { slowStartMs: 10_000 });
    bench.setHealth('b', targetUnhealthy);
    bench.setHealth('b', targetHealthy);
    return bench;
  };

  test('grows from a tenth of the share to all of it, in proportion to the time', () => {
    const bench = createBench();
    assert.deepEqual(bench.count(210), [100, 10, 100]);
    bench.nowMicros += 5e6;
    assert.deepEqual(bench.count(255), [100, 55, 100]);
    bench.nowMicros += 5e6;
    assert.deepEqual(bench.count(300), [100, 100, 100]);
  });

  test('goes by the weights of the targets', () => {
    const bench = new UpstreamBench('ab', { slowStartMs: 10_000, weights: [2, 4] });
    bench.setHealth('b', targetUnhealthy);
    bench.setHealth('b', targetHealthy);
    bench.nowMicros += 5e6;
    assert.deepEqual(bench.count(420), [200, 220]);
  });

  test('is not one for targets that were there from the beginning', () => {
    const bench = new UpstreamBench('abc', { slowStartMs: 10_000 });
    bench.setHealth('ab', targetHealthy);
    assert.deepEqual(bench.count(30), [10, 10, 10]);
  });

  test('is one for a target that was left out for what it answered', () => {
    const bench = new UpstreamBench('abc', { slowStartMs: 10_000, outliers: usualOutliers });
    bench.fail('c', 3);
    bench.pick(1);
    bench.nowMicros += 10e6;
    assert.deepEqual(bench.count(210), [100, 100, 10]);
  });

  test('does not begin again weeks later', () => {
    const bench = createBench();
    bench.pick(1);
    bench.nowMicros += 11e6;
    bench.pick(1);
    bench.nowMicros += 2 ** 32 * 1000 - 9e6;
    assert.deepEqual(bench.count(30), [10, 10, 10]);
  });
});

describe('an explanation', () => {
  test('tells of each target whether it may be chosen and why, and which one is next', () => {
    const bench = new UpstreamBench('abcd', { outliers: usualOutliers, slowStartMs: 10_000, weights: [1, 1, 2, 1] });
    bench.setHealth('abc', targetUnhealthy);
    bench.setHealth('bc', targetHealthy);
    bench.fail('d', 3);
    bench.load('b', 2);
    bench.costs.observe(bench.named('b').slot, 2_500);
    bench.nowMicros += 5_000_000;
    const { next, reason, targets } = bench.upstream.explain(null);
    assert.equal(next, bench.named('b'));
    assert.match(reason, /^turn 1 of /);
    assert.deepEqual(
      targets.map(({ target, fit, health, part, reason: why }) => [target.authority, fit, health, part, why]),
      [
        ['a', false, 'unhealthy', 1, 'its health checks fail'],
        ['b', true, 'healthy', 0.55, 'it starts slowly: it gets 55 % of its weight'],
        ['c', true, 'healthy', 0.55, 'it starts slowly: it gets 55 % of its weight'],
        ['d', false, 'unknown', 1, 'it failed requests and is left out for 5 s more'],
      ],
    );
    const [, b, c, d] = targets;
    assert.deepEqual([b?.load, c?.load, c?.weight], [2, 0, 2]);
    assert.deepEqual([d?.ejectedForMs, d?.failuresInARow, c?.costMs], [5_000, 3, null]);
    assert.ok(b?.costMs !== null && b?.costMs !== undefined && b.costMs > 1 && b.costMs < 2.5);
  });

  test('changes nothing, and is what happens then', () => {
    const bench = new UpstreamBench('abcd', { outliers: usualOutliers, weights: [3, 1, 2, 1] });
    bench.fail('b', 3);
    bench.nowMicros += 20e6;
    for (let turn = 0; turn < 20; turn += 1) {
      const before = Buffer.from(new Uint8Array(bench.state.buffer).slice());
      const { next } = bench.upstream.explain(null);
      assert.ok(before.equals(new Uint8Array(bench.state.buffer)), 'no shared word has changed');
      assert.equal(bench.pick(1), next?.authority);
    }
  });

  test('says where there is no choice', () => {
    const bench = new UpstreamBench('ab');
    bench.setHealth('a', targetUnhealthy);
    const only = bench.upstream.explain(null);
    assert.deepEqual([only.next?.authority, only.reason], ['b', 'no other target is fit']);
    bench.setHealth('b', targetUnhealthy);
    const none = bench.upstream.explain(null);
    assert.deepEqual([none.next, none.reason], [null, 'no target is fit']);
  });
});
