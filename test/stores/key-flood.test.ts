import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { FloodResult } from './key-flood.ts';

const mostAskings = 1_024;
/** Two caches of 10,000 entries hold some 5 MB; a million entries would be more than 100 MB. */
const heapLimitBytes = 20e6;

function flood(size: number, atOnce: number): FloodResult {
  const script = path.join(import.meta.dirname, 'key-flood.ts');
  const { stdout } = spawnSync(process.execPath, ['--expose-gc', script, String(size), String(atOnce)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(stdout) as FloodResult;
}

describe('a flood of distinct wrong keys', () => {
  test('leaves no memory in use after a million, and drives no known key out, though each is asked for', () => {
    const size = 1_000_000;
    const { heapGrowthBytes, ...result } = flood(size, mostAskings);
    assert.deepEqual(result, {
      wellFormed: size,
      asked: size,
      mostAtOnce: mostAskings,
      refused: 0,
      knownAtHand: true,
    });
    assert.ok(heapGrowthBytes < heapLimitBytes, `${heapGrowthBytes} bytes more`);
  });

  test('asks the store no more than the bound at once, however many come at once', () => {
    const [size, atOnce] = [100_000, 50_000];
    const { asked, mostAtOnce, refused } = flood(size, atOnce);
    assert.equal(mostAtOnce, mostAskings);
    assert.equal(asked, (size / atOnce) * mostAskings);
    assert.equal(refused, size - asked);
  });
});
