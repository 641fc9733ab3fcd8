import { randomBytes } from 'node:crypto';
import { KeyedHash } from '../lib/hash.ts';

const mostSecrets = 4_096;

/**
 * Remembers what was found for the secrets that were shown last, so that a key in daily use is not hashed by SHA-256 for
 * each request. How long a look-up takes tells nothing of a secret that is remembered: it is found by a hash whose key
 * nobody knows, and compared to its end whatever its characters are.
 */
export class SecretMemo<T> {
  private readonly hash: KeyedHash;
  private readonly entries = new Map<number, { readonly secret: string; readonly value: T }>();

  constructor() {
    const seed = randomBytes(8);
    this.hash = new KeyedHash(seed.readInt32LE(0), seed.readInt32LE(4));
  }

  find(secret: string): T | undefined {
    const entry = this.entries.get(this.placeOf(secret));
    return entry !== undefined && isSame(entry.secret, secret) ? entry.value : undefined;
  }

  /** To be called for secrets that are somebody's only, so that guesses push nothing out. */
  remember(secret: string, value: T): void {
    if (this.entries.size >= mostSecrets) this.entries.clear();
    // A copy: the secret may be a slice of a whole head, which would live as long.
    const copy = Buffer.from(secret, 'latin1').toString('latin1');
    this.entries.set(this.placeOf(secret), { secret: copy, value });
  }

  private placeOf(secret: string): number {
    this.hash.hash(secret);
    return this.hash.low & 0x3fff_ffff;
  }
}

/** Looks at every character, wherever the first difference is. */
function isSame(left: string, right: string): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let at = 0; at < left.length; at++) difference |= left.charCodeAt(at) ^ right.charCodeAt(at);
  return difference === 0;
}
