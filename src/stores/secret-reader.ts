import { randomBytes } from 'node:crypto';
import { writeUtf8 } from '../lib/utf8.ts';
import { WordHash } from '../lib/word-hash.ts';

/** Longer secrets are not read. */
const longestBytes = 1_020;

/**
 * Puts a secret where it can be hashed and compared by the word, and hashes it. Nothing is allocated, and no text that
 * was shown to it is kept alive.
 */
export class SecretReader {
  /** The number of its bytes in UTF-8, and then these, with zeros up to a whole word. */
  readonly words = new Int32Array(2 + longestBytes / 4);
  /** How many words it takes. */
  count = 0;
  /** By a seed that nobody knows. */
  hash = 0;
  private readonly bytes = Buffer.from(this.words.buffer);
  private readonly hasher: WordHash;

  constructor() {
    const seed = randomBytes(8);
    this.hasher = new WordHash(seed.readInt32LE(0), seed.readInt32LE(4));
  }

  /** Returns false for one that is longer than 1,020 bytes. */
  read(secret: string): boolean {
    const { words } = this;
    if (secret.length > longestBytes) return false;
    const length = writeUtf8(this.bytes, secret, 4, longestBytes + 4);
    if (length > longestBytes) return false;
    const count = wordsFor(length);
    words[0] = length;
    const rest = length & 3;
    // The bytes of an earlier secret after the last one of this.
    if (rest !== 0) words[count - 1] = (words[count - 1] ?? 0) & ((1 << (rest << 3)) - 1);
    this.count = count;
    this.hash = this.hasher.hash(words, count);
    return true;
  }
}

/** How many words a secret of so many bytes takes, the word for its length included. */
function wordsFor(bytes: number): number {
  return 1 + ((bytes + 3) >>> 2);
}
