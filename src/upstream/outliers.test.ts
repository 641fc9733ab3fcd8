import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { targetHealthy, targetUnhealthy } from '../state/target-states.ts';
import { UpstreamBench, usualOutliers } from './fixtures/upstream-bench.ts';
import { Outliers, type OutlierOptions } from './outliers.ts';

function createBench(names: string, options: Partial<OutlierOptions> = {}) {
  const bench = new UpstreamBench(names, { outliers: { ...usualOutliers, ...options } });
  const { outliers } = bench;
  assert.ok(outliers !== null);
  return {
    bench,
    outliers,
    fail: (name: string, times: number) => bench.fail(name, times),
    succeed: (name: string) => outliers.onSuccess(bench.named(name)),
    leftOut: () => bench.targets.filter((target) => outliers.leftOutForMs(target) > 0).map((it) => it.authority),
    leftOutMs: (name: string) => outliers.leftOutForMs(bench.named(name)),
    pass: (milliseconds: number) => {
      bench.nowMicros += milliseconds * 1000;
      for (const target of bench.targets) outliers.takeBack(target);
    },
  };
}

describe('a target', () => {
  test('is left out after so many failures in a row, and a success begins the count anew', () => {
    const { fail, succeed, leftOut } = createBench('abcd');
    fail('a', 2);
    succeed('a');
    fail('a', 2);
    assert.deepEqual(leftOut(), []);
    fail('a', 1);
    assert.deepEqual(leftOut(), ['a']);
  });

  test('is left out longer each time in a row, up to the longest time', () => {
    const { fail, leftOutMs, pass } = createBench('abcd');
    for (const expectedMs of [10_000, 20_000, 25_000, 25_000]) {
      fail('a', 3);
      assert.equal(leftOutMs('a'), expectedMs);
      pass(expectedMs - 1);
      assert.equal(leftOutMs('a'), 1);
      pass(1);
      assert.equal(leftOutMs('a'), 0);
    }
  });

  test('begins with the shortest time again after a success', () => {
    const { fail, succeed, leftOutMs, pass } = createBench('abcd');
    for (let time = 0; time < 2; time += 1) {
      fail('a', 3);
      pass(leftOutMs('a'));
    }
    succeed('a');
    fail('a', 3);
    assert.equal(leftOutMs('a'), 10_000);
  });

  test('that is left out takes no notice of requests that it had before', () => {
    const { bench, outliers, fail, succeed, leftOutMs, pass } = createBench('abcd');
    fail('a', 3);
    pass(5_000);
    succeed('a');
    fail('a', 10);
    assert.equal(leftOutMs('a'), 5_000);
    assert.deepEqual(outliers.read(bench.named('a')), { leftOutForMs: 5_000, failuresInARow: 3, timesInARow: 1 });
  });

  test('needs as many failures as before when it is back', () => {
    const { fail, leftOut, pass } = createBench('abcd');
    fail('a', 3);
    pass(10_000);
    fail('a', 2);
    assert.deepEqual(leftOut(), []);
    fail('a', 1);
    assert.deepEqual(leftOut(), ['a']);
  });

  test('is told of in the log when it goes and when it is back, once each', () => {
    const { bench, fail, pass } = createBench('abcd');
    fail('b', 7);
    pass(10_000);
    pass(10_000);
    assert.deepEqual(bench.logged, [
      {
        message: 'a target fails and gets no requests for a while',
        fields: { target: 'http://b', failuresInARow: 3, forMs: 10_000 },
      },
      { message: 'a target that failed gets requests again', fields: { target: 'http://b' } },
    ]);
  });

  test('is left out whatever its health checks say, and has to pass them when it is back', () => {
    const { bench, fail, leftOut, pass } = createBench('abc');
    fail('a', 3);
    bench.setHealth('a', targetHealthy);
    assert.deepEqual(leftOut(), ['a']);
    bench.setHealth('a', targetUnhealthy);
    pass(10_000);
    assert.deepEqual(leftOut(), []);
    assert.doesNotMatch(bench.pick(10), /a/);
  });

  test('is back when its time is over even where the milliseconds run over meanwhile, or weeks have passed', () => {
    const { bench, fail, leftOut, leftOutMs, pass } = createBench('abcd');
    bench.nowMicros = (2 ** 31 - 4_000) * 1000;
    fail('a', 3);
    pass(6_000);
    assert.equal(leftOutMs('a'), 4_000);
    pass(4_000);
    assert.deepEqual(leftOut(), []);
    fail('b', 3);
    bench.nowMicros += 30 * 86_400e6;
    assert.deepEqual(leftOut(), []);
  });
});

describe('of the targets of an upstream', () => {
  test('no more are left out at once than the part that may be', () => {
    const { fail, leftOut, pass } = createBench('abcdef', { maxEjected: 0.34 });
    for (const name of 'abcdef') fail(name, 5);
    assert.deepEqual(leftOut(), ['a', 'b']);
    pass(10_000);
    // Those that failed meanwhile are left out with the next failure.
    fail('e', 1);
    fail('f', 1);
    fail('c', 1);
    assert.deepEqual(leftOut(), ['e', 'f']);
  });

  test('one always may be, however small the part', () => {
    const { fail, leftOut } = createBench('abc', { maxEjected: 0 });
    for (const name of 'abc') fail(name, 3);
    assert.deepEqual(leftOut(), ['a']);
  });

  test('the last one that is fit never is, whatever part may be', () => {
    const { bench, fail, leftOut } = createBench('abc', { maxEjected: 1 });
    bench.setHealth('b', targetUnhealthy);
    fail('a', 3);
    fail('c', 3);
    fail('c', 1_000);
    assert.deepEqual(leftOut(), ['a']);
    const alone = createBench('a', { maxEjected: 1 });
    alone.fail('a', 10_000);
    assert.deepEqual(alone.leftOut(), []);
  });

  test('one whose time is over makes room for another, though nobody has asked for it yet', () => {
    const { bench, fail, leftOut } = createBench('abc', { maxEjected: 0.34 });
    fail('a', 3);
    bench.nowMicros += 10e6;
    fail('b', 3);
    assert.deepEqual(leftOut(), ['b']);
  });
});

test('a worker that died with a claim leaves nothing behind that the next outcome does not settle', () => {
  const claim = (outcome: (bench: ReturnType<typeof createBench>) => void) => {
    const made = createBench('abc', { maxEjected: 0.34 });
    const word = new Int32Array(made.bench.state.buffer, made.bench.state.offsets.targetStates, 16);
    word[1] = (1 << 12) | 3;
    outcome(made);
    return made;
  };
  assert.deepEqual(claim(({ fail }) => fail('b', 3)).leftOut(), []);
  assert.deepEqual(claim(({ fail }) => fail('a', 1)).leftOut(), ['a']);
  const settled = claim(({ succeed, fail }) => {
    succeed('a');
    fail('b', 3);
  });
  assert.deepEqual(settled.leftOut(), ['b']);
});

test('rules that changed meanwhile hold for those that are left out too', () => {
  const { bench, fail } = createBench('abcd');
  fail('a', 3);
  const { state, states, targets, clock } = bench;
  const shorter = { ...usualOutliers, maxEjectionTimeMs: 1_000 };
  const outliers = new Outliers({ state, states, targets, clock, options: shorter, tell: () => {} });
  assert.equal(outliers.leftOutForMs(bench.named('a')), 0);
});

test('a number of failures that there is no room for is refused', () => {
  for (const consecutiveFailures of [0, 1.5, 4096]) {
    assert.throws(() => createBench('ab', { consecutiveFailures }), /a whole number of failures from 1 to 4095/);
  }
});
