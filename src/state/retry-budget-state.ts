import { assertUpstreamSlot, assertWorkerIndex, secondsKept, type SharedState } from './layout.ts';
import { countInEpoch, readEpochCount } from './epoch-count.ts';

// What a retry budget counts, second by second, in rings of `secondsKept` seconds:
//
// - requests, in words of each worker's own, because every request is counted and none should fetch a line that another
//   worker has just written. They are added up when there is something to retry, which is seldom.
// - retries, in one ring for all workers, because a limit that is shared out among the workers would either be too small
//   for the one that has the traffic or hold for none of them. A second is one word that is moved by compare-and-swap:
//   its upper half says which second (which turn of the ring), its lower half how many.

const epochWords = 2;
const ringMask = secondsKept - 1;
const countBits = 16;
const mostRetriesPerSecond = 2 ** countBits - 1;
/** A ring is turned 65,536 times, in 12 days, before an old second could pass for a new one. */
const turns = 2 ** 16;

/** What all workers know of the requests and the retries of one upstream in the last seconds. Seconds are whole, from 0. */
export class RetryTallies {
  readonly #retries: Int32Array;
  readonly #ownRequests: Int32Array;
  readonly #requests: readonly Int32Array[];

  /** `workerIndex` is the calling thread's own. */
  constructor(state: SharedState, workerIndex: number, upstreamSlot: number) {
    assertWorkerIndex(state, workerIndex);
    assertUpstreamSlot(state, upstreamSlot);
    const { recentRetries } = state.offsets;
    this.#retries = new Int32Array(state.buffer, recentRetries + upstreamSlot * secondsKept * 4, secondsKept);
    this.#requests = Array.from({ length: state.shape.workers }, (_, worker) =>
      requestsOf(state, worker, upstreamSlot),
    );
    this.#ownRequests = requestsOf(state, workerIndex, upstreamSlot);
  }

  countRequest(second: number): void {
    countInEpoch(this.#ownRequests, (second & ringMask) * epochWords, second);
  }

  /** Requests in the `seconds` that end with `second`; less than `secondsKept` of them. */
  requests(second: number, seconds: number): number {
    let sum = 0;
    for (let past = Math.max(0, second - seconds + 1); past <= second; past += 1) {
      const at = (past & ringMask) * epochWords;
      for (const words of this.#requests) sum += readEpochCount(words, at, past);
    }
    return sum;
  }

  /** Retries in the `seconds` that end with `second`; less than `secondsKept` of them. */
  retries(second: number, seconds: number): number {
    let sum = 0;
    for (let past = Math.max(0, second - seconds + 1); past <= second; past += 1) {
      sum += countIn(Atomics.load(this.#retries, past & ringMask), past);
    }
    return sum;
  }

  /**
   * Counts a retry if there are at most `most` with it in the `seconds` that end with `second`. Of several workers that
   * ask in the same second, no more get through than that.
   */
  countRetry(second: number, seconds: number, most: number): boolean {
    const at = second & ringMask;
    for (;;) {
      const word = Atomics.load(this.#retries, at);
      const count = countIn(word, second);
      if (count === mostRetriesPerSecond || this.retries(second - 1, seconds - 1) + count + 1 > most) return false;
      if (Atomics.compareExchange(this.#retries, at, word, wordOf(second, count + 1)) === word) return true;
    }
  }
}

function wordOf(second: number, count: number): number {
  return ((turnOf(second) << countBits) | count) >> 0;
}

function countIn(word: number, second: number): number {
  return word >>> countBits === turnOf(second) ? word & mostRetriesPerSecond : 0;
}

function turnOf(second: number): number {
  return Math.floor(second / secondsKept) % turns;
}

function requestsOf(state: SharedState, workerIndex: number, upstreamSlot: number): Int32Array {
  const { recentRequests, recentRequestsPerWorker } = state.offsets;
  const words = secondsKept * epochWords;
  return new Int32Array(
    state.buffer,
    recentRequests + workerIndex * recentRequestsPerWorker + upstreamSlot * words * 4,
    words,
  );
}
