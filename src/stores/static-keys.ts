import { hash, timingSafeEqual } from 'node:crypto';
import { KnownConsumer } from '../core/known-consumer.ts';
import type { Consumer, KeyLookup } from '../core/ports.ts';
import { mostEntries } from './entry-index.ts';
import { SecretTable } from './secret-table.ts';

export interface StaticKey {
  readonly name: string;
  /** SHA-256 of the secret, 64 hexadecimal digits. */
  readonly sha256: string;
}

const noPermissions: readonly string[] = [];

/**
 * The keys that the configuration holds, found by the digest of their secret: how long a look-up takes tells nothing of
 * a secret, since a guess cannot choose its digest, and what is found is compared in constant time once more. From then on
 * its secret is known, for up to 262,144 keys, and it is found by that.
 */
export class StaticKeys implements KeyLookup {
  private readonly keys: readonly StaticKey[];
  private readonly consumers: readonly Consumer[];
  /** Digest → place in the list. */
  private readonly byDigest = new Map<string, number>();
  /** Secrets that were shown, by the place of their key. */
  private readonly shown: SecretTable;

  constructor(keys: readonly StaticKey[]) {
    this.keys = keys;
    this.consumers = keys.map(
      ({ name }) => new KnownConsumer({ id: `static:${name}`, name, rateLimit: null, permissions: noPermissions }),
    );
    for (const [place, { sha256 }] of keys.entries()) this.byDigest.set(sha256, place);
    this.shown = new SecretTable(Math.min(keys.length, mostEntries));
  }

  /** Whether these keys are the same, in the same order. */
  areThese(keys: readonly StaticKey[]): boolean {
    if (keys.length !== this.keys.length) return false;
    return keys.every(({ name, sha256 }, place) => {
      const known = this.keys[place];
      return known !== undefined && known.sha256 === sha256 && known.name === name;
    });
  }

  find(secret: string): Consumer | null {
    return this.findKnown(secret) ?? this.findUnknown(secret);
  }

  /** Whose key it is, if it was shown before and somebody's; otherwise null. */
  findKnown(secret: string): Consumer | null {
    if (this.consumers.length === 0) return null;
    const place = this.shown.find(secret);
    return place < 0 ? null : (this.consumers[place] ?? null);
  }

  /** As `find`, for a secret that `findKnown` does not know. */
  findUnknown(secret: string): Consumer | null {
    if (this.consumers.length === 0) return null;
    const digest = hash('sha256', secret, 'hex');
    const place = this.byDigest.get(digest);
    if (place === undefined) return null;
    const { sha256 = '' } = this.keys[place] ?? {};
    if (sha256.length !== digest.length || !timingSafeEqual(Buffer.from(sha256), Buffer.from(digest))) return null;
    if (place < mostEntries && this.shown.find(secret) < 0) this.shown.add(place, secret);
    return this.consumers[place] ?? null;
  }
}
