// A count that starts again with every epoch, in two words: the epoch, and how many in it. One thread writes them, all
// may read them. What an epoch is, a second or the time between two failures, is up to the caller.
//
// Counting is a plain write to a line of the worker's own, where one word for all workers would go back and forth
// between the cores with every request. The words change in an order in which no reader can take the count of an old
// epoch for that of a new one.

const most = 2 ** 31 - 1;

/** Counts one in the epoch. Only the thread that the words belong to may call this. */
export function countInEpoch(words: Int32Array, at: number, epoch: number): void {
  if (words[at] !== epoch) {
    Atomics.store(words, at + 1, 0);
    Atomics.store(words, at, epoch);
  }
  const count = words[at + 1] ?? 0;
  if (count < most) words[at + 1] = count + 1;
}

/** How many were counted in the epoch; 0 when the words are still at another. */
export function readEpochCount(words: Int32Array, at: number, epoch: number): number {
  return Atomics.load(words, at) === epoch ? Atomics.load(words, at + 1) : 0;
}
