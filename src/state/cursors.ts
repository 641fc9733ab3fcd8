import { lineBytes, type SharedState } from './layout.ts';

const wordsPerCursor = lineBytes / 4;
const turningPoint = 2 ** 31;

/** Where the round-robin of each upstream stands, one for all workers. */
export class Cursors {
  readonly #words: Int32Array;

  constructor(state: SharedState) {
    this.#words = new Int32Array(state.buffer, state.offsets.cursors, state.shape.upstreams * wordsPerCursor);
  }

  /**
   * The next position in a rotation through `count` (at least 1): 0 to count - 1. While `count` stays the same, any
   * `count` calls in a row, whichever workers make them, give every position once.
   */
  next(upstreamSlot: number, count: number): number {
    const word = upstreamSlot * wordsPerCursor;
    const turn = Atomics.add(this.#words, word, 1) >>> 0;
    const position = turn % count;
    // At 2^32 the word would start again at 0 in the middle of a rotation, unless `count` is a power of two. Exactly one
    // call meets the turning point half-way there, and takes whole rotations off: turns that others draw meanwhile keep
    // their remainder.
    if (turn === turningPoint) Atomics.sub(this.#words, word, turn - position);
    return position;
  }

  /** What `next` would answer now. */
  peek(upstreamSlot: number, count: number): number {
    return (Atomics.load(this.#words, upstreamSlot * wordsPerCursor) >>> 0) % count;
  }
}
