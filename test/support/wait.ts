import { setTimeout } from 'node:timers/promises';

/** Long enough for a machine under load; reached only where a test fails. */
const patienceMs = 15_000;

/** Rejects with what was waited for when it takes too long. */
export async function within<Value>(what: string, promise: Promise<Value>, limitMs = patienceMs): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = globalThis.setTimeout(() => late.reject(new Error(`waited ${limitMs} ms in vain: ${what}`)), limitMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again until the answer is neither null nor false. */
export async function waitUntil<Value>(
  what: string,
  ask: () => Value | null | false | Promise<Value | null | false>,
): Promise<Value> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    await setTimeout(5);
  }
}
