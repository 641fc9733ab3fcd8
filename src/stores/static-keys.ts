import { hash, timingSafeEqual } from 'node:crypto';
import type { Consumer, KeyLookup } from '../core/ports.ts';
import { SecretMemo } from './secret-memo.ts';

export interface StaticKey {
  readonly name: string;
  /** SHA-256 of the secret, 64 hexadecimal digits. */
  readonly sha256: string;
}

/**
 * The keys that the configuration holds, found by the digest of their secret: how long a look-up takes tells nothing of
 * a secret, since a guess cannot choose its digest, and what is found is compared in constant time once more.
 */
export class StaticKeys implements KeyLookup {
  private readonly memo = new SecretMemo<Consumer>();
  private readonly byDigest = new Map<string, { consumer: Consumer; digest: Buffer }>();

  constructor(keys: readonly StaticKey[]) {
    for (const { name, sha256 } of keys) {
      const digest = Buffer.from(sha256, 'hex');
      const consumer = { id: `static:${name}`, name, rateLimit: null, permissions: [] };
      this.byDigest.set(digest.toString('latin1'), { consumer, digest });
    }
  }

  find(secret: string): Consumer | null {
    const remembered = this.memo.find(secret);
    if (remembered !== undefined) return remembered;
    if (this.byDigest.size === 0) return null;
    const digest = hash('sha256', secret, 'latin1');
    const found = this.byDigest.get(digest);
    if (found === undefined) return null;
    if (!timingSafeEqual(found.digest, Buffer.from(digest, 'latin1'))) return null;
    this.memo.remember(secret, found.consumer);
    return found.consumer;
  }
}
