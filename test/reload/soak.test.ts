import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProblems, soakReloads } from '../../bench/reload-soak.ts';

/** The long one is `node bench/main.ts reload-soak`. */
const reloads = 100;

test(`${reloads} reloads under load fail no request, and nothing grows`, async (t) => {
  const result = await soakReloads({ reloads, tell: (text) => t.diagnostic(text) });
  t.diagnostic(JSON.stringify({ ...result, failures: result.failures.length }));
  assert.deepEqual(findProblems(result), []);
  assert.ok(result.requests > reloads, `${result.requests} requests`);
});

test('a soak in which something grew, or failed, says so', () => {
  const sample = {
    controlHeap: 20e6,
    workerHeaps: 20e6,
    handles: 10,
    files: 50,
    threads: 10,
    slots: 90,
    resident: 1e8,
  };
  const result = {
    reloads,
    requests: 1_000,
    failures: ['/: 502'],
    refused: ['no'],
    medianMs: 1,
    longestMs: 2,
    before: sample,
    after: { ...sample, workerHeaps: 30e6, files: 150, slots: 91, resident: 2e8 },
  };
  assert.deepEqual(findProblems(result), [
    'a request failed: /: 502',
    'a reload was refused: no',
    'workerHeaps has grown from 20000000 to 30000000 bytes',
    'files have grown from 50 to 150',
    'slots have grown from 90 to 91',
  ]);
  assert.deepEqual(findProblems({ ...result, failures: [], refused: [], after: sample }), []);
});
