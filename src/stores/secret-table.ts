import { EntryIndex } from './entry-index.ts';
import { SecretReader } from './secret-reader.ts';

const leastHeapWords = 4_096;

/**
 * Finds the numbers of entries by secrets that were shown and found to be somebody's, so that a key in daily use is not
 * hashed by SHA-256 for each request. How long a look-up takes tells nothing of a secret: it is found by a hash whose seed
 * nobody knows, and compared to its end whatever its characters are.
 *
 * It costs the length of the secret, rounded up to four bytes, and some 24 bytes an entry.
 */
export class SecretTable {
  private readonly reader = new SecretReader();
  private readonly index: EntryIndex;
  /** The words of all secrets, one after the other; by entry, where its own begin. */
  private heap = new Int32Array(leastHeapWords);
  private heapEnd = 0;
  private readonly starts: Int32Array;

  /** For entries from 0 up to `capacity`, at most `mostEntries`. */
  constructor(capacity: number) {
    this.index = new EntryIndex(capacity);
    this.starts = new Int32Array(capacity);
  }

  /** The entry with this secret, -1 where there is none. */
  find(secret: string): number {
    const { index, reader } = this;
    if (!reader.read(secret)) return -1;
    for (let entry = index.first(reader.hash); entry >= 0; entry = index.next()) {
      if (this.isAt(this.starts[entry] ?? 0)) return entry;
    }
    return -1;
  }

  /**
   * Makes an entry that has none findable by this secret, to be called for secrets that are somebody's only, so that
   * guesses take no room. Nothing happens where it is longer than 1,020 bytes.
   */
  add(entry: number, secret: string): void {
    const { index, reader } = this;
    if (!reader.read(secret)) return;
    const start = this.heapEnd;
    this.heapEnd += reader.count;
    if (this.heapEnd > this.heap.length) this.growHeap();
    this.heap.set(reader.words.subarray(0, reader.count), start);
    this.starts[entry] = start;
    index.add(entry, reader.hash);
  }

  private growHeap(): void {
    const larger = new Int32Array(2 * Math.max(this.heap.length, this.heapEnd));
    larger.set(this.heap);
    this.heap = larger;
  }

  /** Looks at every word, wherever the first difference is. */
  private isAt(start: number): boolean {
    const { heap, reader } = this;
    const { words, count } = reader;
    let difference = 0;
    for (let at = 0; at < count; at += 1) difference |= (heap[start + at] ?? 0) ^ (words[at] ?? 0);
    return difference === 0;
  }
}
