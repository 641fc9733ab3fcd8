/**
 * Asks a cache for keys that do not exist, and prints as JSON what came of it. The arguments are how many, and how many of
 * them at once. It runs in a process of its own because the test runner follows every promise, and there are millions.
 */
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { StoreUnavailableError } from '../../src/core/store-unavailable-error.ts';
import { KeyCache } from '../../src/stores/key-cache.ts';
import { isWellFormedSecret } from '../../src/stores/key-secret.ts';
import { createTestKey } from '../../src/stores/key.fixture.ts';

export interface FloodResult {
  readonly wellFormed: number;
  readonly asked: number;
  readonly mostAtOnce: number;
  readonly refused: number;
  readonly heapGrowthBytes: number;
  readonly knownAtHand: boolean;
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A secret that nobody has, but with the right checksum, as an attacker who has read the source would send it. */
function forgeSecret(number: number): string {
  const body = `sluice_${String(number).padStart(43, '0')}`;
  let rest = crc32(body);
  let checksum = '';
  for (let count = 0; count < 6; count += 1) {
    checksum = digits.charAt(rest % 62) + checksum;
    rest = Math.floor(rest / 62);
  }
  return body + checksum;
}

function measureHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function flood(size: number, atOnce: number): Promise<FloodResult> {
  const { key, secret } = createTestKey();
  const counts = { wellFormed: 0, asked: 0, underWay: 0, mostAtOnce: 0, refused: 0 };
  const cache = new KeyCache(async (sha256) => {
    if (sha256 === key.sha256) return key;
    counts.asked += 1;
    counts.underWay += 1;
    counts.mostAtOnce = Math.max(counts.mostAtOnce, counts.underWay);
    await setImmediate();
    counts.underWay -= 1;
    return null;
  });
  const refuse = (error: unknown) => {
    if (!(error instanceof StoreUnavailableError)) throw error;
    counts.refused += 1;
  };
  await cache.find(secret, 0);
  const heapBefore = measureHeap();
  for (let start = 0; start < size; start += atOnce) {
    const pending: Promise<unknown>[] = [];
    for (let number = start; number < Math.min(start + atOnce, size); number += 1) {
      const forged = forgeSecret(number);
      if (isWellFormedSecret(forged)) counts.wellFormed += 1;
      const found = cache.find(forged, 0);
      if (found instanceof Promise) pending.push(found.catch(refuse));
    }
    await Promise.all(pending);
  }
  const { wellFormed, asked, mostAtOnce, refused } = counts;
  const heapGrowthBytes = measureHeap() - heapBefore;
  const knownAtHand = !(cache.find(secret, 59_999) instanceof Promise);
  return { wellFormed, asked, mostAtOnce, refused, heapGrowthBytes, knownAtHand };
}

process.stdout.write(JSON.stringify(await flood(Number(process.argv[2]), Number(process.argv[3]))));
