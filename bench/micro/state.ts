import { do_not_optimize as keep } from 'mitata';
import { KeyedHash } from '../../src/lib/hash.ts';
import { Buckets } from '../../src/state/buckets.ts';
import { methodIndex, scalarWord, WorkerCounters } from '../../src/state/counters.ts';
import { WorkerHistograms } from '../../src/state/histogram.ts';
import { createSharedState, type SharedState } from '../../src/state/layout.ts';
import { createLimit } from '../../src/state/limit.ts';
import { SharedClock } from '../../src/state/shared-clock.ts';
import type { MicroCase } from './micro-case.ts';

/** A power of two, so that taking turns costs a mask, and more than the caches hold lines for. */
const differentKeys = 65_536;

/** What a request does in the shared memory, with no other thread at the same words. */
export function stateCases(): MicroCase[] {
  const state = createSharedState({ workers: 2, routes: 8, upstreams: 4, targets: 8, series: 256 });
  return [
    hash('an IPv4 address', '203.0.113.177'),
    hash('an API key of 32 characters', '0123456789abcdef0123456789abcdef'),
    take(state, 'one key', 1),
    take(state, `${differentKeys.toLocaleString('en-GB')} keys in turn`, differentKeys),
    count(state),
    record(state),
  ];
}

function hash(what: string, text: string): MicroCase {
  const hasher = new KeyedHash(0x1234_5678, 0x1abc_def0);
  return {
    name: `KeyedHash: ${what}`,
    call: () => {
      hasher.hash(text);
      keep(hasher.low);
    },
  };
}

function take(state: SharedState, what: string, keys: number): MicroCase {
  const buckets = new Buckets(state, 0);
  const clock = new SharedClock(state);
  // So large that no take is refused: a refusal is cheaper.
  const limit = createLimit({ tokens: 1_000, periodMs: 1, burst: 2 ** 40 });
  let turn = 0;
  return {
    name: `Buckets.take: ${what}, with the clock read`,
    call: () => {
      turn = (turn + 1) & (keys - 1);
      keep(buckets.take(Math.imul(turn, 0x85eb_ca6b), Math.imul(turn, 0x9e37_79b1), limit, clock.nowMicros()));
    },
  };
}

function count(state: SharedState): MicroCase {
  const counters = new WorkerCounters(state, 0);
  return {
    name: 'WorkerCounters: a request, its backend request and its bytes',
    call: () => {
      counters.countRequest(1, methodIndex('GET'), 200);
      counters.countBackendRequest(1);
      counters.add(scalarWord.bytesIn, 120);
      counters.add(scalarWord.bytesOut, 350);
    },
  };
}

function record(state: SharedState): MicroCase {
  const histograms = new WorkerHistograms(state, 0);
  let turn = 0;
  return {
    name: 'WorkerHistograms.recordRequest',
    call: () => {
      turn = (turn + 1) & 4_095;
      histograms.recordRequest(1, 100 + turn);
    },
  };
}
