import { Buckets } from '../../src/state/buckets.ts';
import { methodIndex, WorkerCounters } from '../../src/state/counters.ts';
import { Cursors } from '../../src/state/cursors.ts';
import { WorkerHistograms } from '../../src/state/histogram.ts';
import type { SharedState } from '../../src/state/layout.ts';
import { createLimit } from '../../src/state/limit.ts';
import { SharedClock } from '../../src/state/shared-clock.ts';

/** A power of two, so that taking turns costs a mask. */
const differentKeys = 65_536;

/** What several threads do in the shared memory at once. */
export const contendedWords = {
  'a bucket, the same for all': (state, thread) => takeFrom(state, thread, 1),
  'buckets, 65,536 in turn': (state, thread) => takeFrom(state, thread, differentKeys),
  'a cursor, the same for all': (state) => {
    const cursors = new Cursors(state);
    return () => cursors.next(0, 3);
  },
  'counters, each thread its own': (state, thread) => {
    const counters = new WorkerCounters(state, thread);
    const get = methodIndex('GET');
    return () => counters.countRequest(1, get, 200);
  },
  'histogram, each thread its own': (state, thread) => {
    const histograms = new WorkerHistograms(state, thread);
    return () => histograms.recordRequest(1, 900);
  },
} as const satisfies Readonly<Record<string, (state: SharedState, thread: number) => () => unknown>>;

export type ContendedName = keyof typeof contendedWords;

function takeFrom(state: SharedState, thread: number, keys: number): () => unknown {
  const buckets = new Buckets(state, thread);
  const limit = createLimit({ tokens: 1_000, periodMs: 1, burst: 2 ** 40 });
  const nowMicros = new SharedClock(state).nowMicros();
  // Threads begin at different keys.
  let turn = thread * 7_919;
  return () => {
    turn = (turn + 1) & (keys - 1);
    return buckets.take(Math.imul(turn, 0x85eb_ca6b), Math.imul(turn, 0x9e37_79b1), limit, nowMicros);
  };
}
