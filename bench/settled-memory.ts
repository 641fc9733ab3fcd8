import { setTimeout as delay } from 'node:timers/promises';
import { readResidentBytes } from './process-usage.ts';

const pauseMs = 250;
const calmSamples = 6;
const calmShare = 0.002;
const limitMs = 15_000;

/** Bytes that a process has in memory once that number has come to rest, or after 15 seconds. */
export async function readSettledBytes(id: number): Promise<number> {
  const untilMs = performance.now() + limitMs;
  let latest = readResidentBytes(id);
  let calm = 0;
  while (calm < calmSamples && performance.now() < untilMs) {
    await delay(pauseMs);
    const now = readResidentBytes(id);
    calm = Math.abs(now - latest) <= latest * calmShare ? calm + 1 : 0;
    latest = now;
  }
  return latest;
}
