import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outcome } from './run.ts';
import { judge, percentile, summarise } from './summary.ts';

function outcome(parts: Partial<Outcome>): Outcome {
  return {
    index: 1,
    label: '',
    status: 200,
    timeMs: 1,
    backend: null,
    code: null,
    failure: null,
    expected: '2xx',
    met: true,
    ...parts,
  };
}

const finished = (outcomes: Outcome[]) => ({ outcomes, elapsedMs: 1, stopped: null });

describe('percentile', () => {
  it('is the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, position) => position + 1);
    assert.deepEqual(
      [50, 95, 99].map((percent) => percentile(hundred, percent)),
      [50, 95, 99],
    );
    assert.deepEqual(
      [50, 95, 99].map((percent) => percentile([1, 2, 3], percent)),
      [2, 3, 3],
    );
    assert.equal(percentile([7], 50), 7);
  });

  it('of nothing is null', () => {
    assert.equal(percentile([], 50), null);
  });
});

describe('summary', () => {
  it('counts by status and by backend, in order', () => {
    const { statuses, backends } = summarise([
      outcome({ status: 429 }),
      outcome({ backend: 'Backend-10' }),
      outcome({ backend: 'Backend-2' }),
      outcome({ backend: 'Backend-2' }),
      outcome({ status: null }),
    ]);
    assert.deepEqual(
      [...statuses],
      [
        ['200', 3],
        ['429', 1],
        ['none', 1],
      ],
    );
    assert.deepEqual(
      [...backends],
      [
        ['Backend-2', 2],
        ['Backend-10', 1],
      ],
    );
  });

  it('sorts times as numbers and leaves out requests that got no answer', () => {
    const { p50Ms, p99Ms } = summarise([
      outcome({ timeMs: 100 }),
      outcome({ timeMs: 9 }),
      outcome({ timeMs: 20 }),
      outcome({ timeMs: 30_000, status: null }),
    ]);
    assert.equal(p50Ms, 20);
    assert.equal(p99Ms, 100);
  });
});

describe('verdict', () => {
  it('is good when every answer was as expected', () => {
    assert.equal(judge('user', finished([outcome({})])).ok, true);
  });

  it('names the first request that went otherwise', () => {
    const letIn = outcome({ index: 3, label: 'invalid key', expected: '401', status: 200, met: false });
    assert.deepEqual(judge('auth', finished([outcome({}), letIn])), {
      ok: false,
      text: '1 of 2 requests went otherwise: request 3 (invalid key) expected 401 and got 200.',
    });
    const silent = outcome({ status: null, met: false });
    assert.match(judge('user', finished([silent])).text, /request 1 expected 2xx and got no answer\./);
  });

  it('of rate-limit is good when a 429 was seen, and only then', () => {
    const limited = outcome({ index: 2, status: 429, expected: 'any' });
    assert.equal(judge('rate-limit', finished([outcome({}), limited])).ok, true);
    assert.match(judge('rate-limit', finished([outcome({})])).text, /^No 429 within 1 requests/);
  });

  it('of a run that was stopped is bad, whatever it had seen', () => {
    const stopped = { ...finished([outcome({ status: 429 })]), stopped: 'Interrupted.' };
    assert.deepEqual(judge('rate-limit', stopped), { ok: false, text: 'Interrupted.' });
  });
});
