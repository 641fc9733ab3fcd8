import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fitSlope } from '../../bench/soak-judge.ts';
import { runSoak } from '../../bench/soak-run.ts';

/** A fifth of the soak that `node bench/main.ts soak` makes is not the fifth of its precision: memory is given to a young process in steps. */
const plan = {
  seconds: 75,
  warmUpSeconds: 30,
  sampleSeconds: 1,
  collectSeconds: 3,
  reloadSeconds: 4,
  allowances: {
    // What is live is the judge here; the system takes memory back late, and a young process grows in steps.
    resident: { share: 0.15, least: 96 },
    live: { share: 0.05, least: 4 },
    files: { share: 0.2, least: 12 },
  },
};

test(
  'mixed traffic with aborts, faults and reloads gets right answers, and nothing grows',
  { timeout: 180_000 },
  async (t) => {
    const { trends, outcomes, faults, samples } = await runSoak(plan);
    for (const { name, unit, mean, slopePerMinute, rise, allowedRise } of trends) {
      const figures = [mean, slopePerMinute, rise, allowedRise].map((figure) => figure.toFixed(2));
      t.diagnostic(
        `${name}, ${unit}: mean ${figures[0]}, ${figures[1]} a minute, rise ${figures[2]} of at most ${figures[3]}`,
      );
    }
    t.diagnostic(`${samples.at(-1)?.requests} requests, ${samples.at(-1)?.reloads} reloads`);
    assert.deepEqual(faults, []);
    for (const outcome of ['GET: 200', 'POST: 200', 'pipelined: 200', 'left', 'limited: rate_limited', 'flaky: cut']) {
      assert.ok((outcomes[outcome] ?? 0) > 0, `${outcome} never happened`);
    }
  },
);

describe('the slope of a series', () => {
  test('is that of the line that it lies on', () => {
    assert.equal(
      fitSlope([
        [0, 5],
        [10, 25],
        [20, 45],
      ]),
      2,
    );
  });

  test('is hardly moved by what goes up and down', () => {
    const slope = fitSlope(Array.from({ length: 100 }, (_, at) => [at, at % 2 === 0 ? 10 : 12]));
    assert.ok(Math.abs(slope) < 0.01, `${slope}`);
  });

  test('is not known of fewer than three points', () =>
    assert.ok(
      Number.isNaN(
        fitSlope([
          [0, 1],
          [1, 2],
        ]),
      ),
    ));
});
