import { assertWorkerIndex, slotsInUse, type SharedState } from './layout.ts';

// Requests in flight, counted where a balancer asks for them.
//
// Each worker has a word of its own at each target, and the words of all workers at one target lie together, so that
// their sum is exact and costs a cache line for sixteen workers. One word for all would cost an atomic addition in place
// of a plain one, and when a worker dies nobody could say how much of it was its own. So what a dead worker had in flight
// is what its words say, and to forget it is to set them to 0.

/** Whose requests are counted. */
export type LoadKind = 'targets' | 'upstreams';

/** The requests in flight to each target, or to each upstream: those of one worker to change, those of all to read. */
export class LoadCounts {
  readonly #words: Int32Array;
  readonly #wordsPerSlot: number;
  readonly #workers: number;
  readonly #workerIndex: number;

  /** `workerIndex` is the calling thread's own. */
  constructor(state: SharedState, workerIndex: number, kind: LoadKind) {
    assertWorkerIndex(state, workerIndex);
    this.#words = viewLoads(state, kind);
    this.#wordsPerSlot = state.offsets.loadsPerSlot / 4;
    this.#workers = state.shape.workers;
    this.#workerIndex = workerIndex;
  }

  /** One request more of this worker. Whoever adds it takes it off again, whatever becomes of the request. */
  add(slot: number): void {
    const at = slot * this.#wordsPerSlot + this.#workerIndex;
    this.#words[at] = (this.#words[at] ?? 0) + 1;
  }

  takeOff(slot: number): void {
    const at = slot * this.#wordsPerSlot + this.#workerIndex;
    const count = this.#words[at] ?? 0;
    // The slot may have been cleared meanwhile.
    if (count > 0) this.#words[at] = count - 1;
  }

  /** Of all workers together. */
  of(slot: number): number {
    const words = this.#words;
    const start = slot * this.#wordsPerSlot;
    const end = start + this.#workers;
    let sum = 0;
    // Plain reads, which cost a fraction of atomic ones: each word is whole, and no order among them is asked for.
    for (let at = start; at < end; at += 1) sum += words[at] ?? 0;
    return sum;
  }
}

/** Forgets what a worker had in flight when it ended. Call it between the end of its thread and its successor's start. */
export function releaseLoads(state: SharedState, workerIndex: number): void {
  assertWorkerIndex(state, workerIndex);
  const inUse = slotsInUse(state);
  const wordsPerSlot = state.offsets.loadsPerSlot / 4;
  for (const kind of ['targets', 'upstreams'] as const) {
    const words = viewLoads(state, kind);
    for (let slot = 0; slot < inUse[kind]; slot += 1) Atomics.store(words, slot * wordsPerSlot + workerIndex, 0);
  }
}

function viewLoads({ buffer, offsets, shape }: SharedState, kind: LoadKind): Int32Array {
  const start = kind === 'targets' ? offsets.targetLoads : offsets.upstreamLoads;
  return new Int32Array(buffer, start, (shape[kind] * offsets.loadsPerSlot) / 4);
}
