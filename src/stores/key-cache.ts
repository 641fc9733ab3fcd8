import { LRUCache } from 'lru-cache';
import type { Consumer, KeyLookup } from '../core/ports.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { digestSecret, isWellFormedSecret, secretLength } from './key-secret.ts';
import type { StoredKey } from './key-store.ts';
import { SecretMemo } from './secret-memo.ts';

/** Whom a key belongs to is asked again after this time, should nobody have told of a change. */
const keptMs = 60_000;
/** A key that nobody has is refused for so long without asking. */
const missKeptMs = 5_000;
const capacity = 10_000;
/** More at once are refused, so that a flood of keys that do not exist does not become a flood on the store. */
const mostAskings = 256;

/** Made once: under a flood, a stack trace for each refusal would cost more than all the rest. */
const tooManyAskings = new StoreUnavailableError('Too many keys are being looked up at once.');

/**
 * Asks the store for the key with this digest. Rejects with a StoreUnavailableError when it cannot be reached; must not
 * take longer than a request may wait.
 */
export type AskForKey = (sha256: string) => Promise<StoredKey | null>;

interface KnownKey {
  readonly key: StoredKey;
  readonly consumer: Consumer;
  readonly askedAtMs: number;
  /** How often everything had been invalidated by then. */
  readonly age: number;
}

interface Asking {
  answer: Promise<StoredKey | null>;
}

/**
 * The keys of a store as one worker knows them. A key that is known costs no await and no message, and whether it is
 * revoked or expired is judged each time.
 *
 * Whoever owns it passes on what the store tells: `invalidate` for each change, `setStoreUp` for each change of state.
 * While the store is away, keys that are known go on working for as long as it takes; whoever is asked for others says
 * at once whether anybody knows them. Once it is back, known keys are asked for again when they are next used.
 *
 * Its memory is bounded: 10,000 keys and as many digests of keys that nobody has, those used least lately going first.
 */
export class KeyCache implements KeyLookup {
  private readonly ask: AskForKey;
  private readonly known = new LRUCache<string, KnownKey>({ max: capacity });
  /** Digest → when the store said that nobody has it. */
  private readonly misses = new LRUCache<string, number>({ max: capacity });
  /** Askings whose answer is worth keeping: nothing has changed since. */
  private readonly askings = new Map<string, Asking>();
  /** Secret → digest, of keys that are known. */
  private readonly memo = new SecretMemo<string>();
  private askingCount = 0;
  private age = 0;
  private storeUp = true;

  constructor(ask: AskForKey) {
    this.ask = ask;
  }

  find(secret: string, nowMs: number): Consumer | null | Promise<Consumer | null> {
    if (secret.length !== secretLength) return null;
    const remembered = this.memo.find(secret);
    const digest = remembered ?? digestSecret(secret);
    const known = this.known.get(digest);
    if (known !== undefined && (!this.storeUp || this.isFresh(known, nowMs))) {
      if (remembered === undefined) this.memo.remember(secret, digest);
      return judge(known, nowMs);
    }
    if (isWithin(this.misses.get(digest), missKeptMs, nowMs)) return null;
    // A known key needs no such check, so it comes last.
    if (!isWellFormedSecret(secret)) return null;
    return this.findInStore(digest, nowMs);
  }

  /** The key with this digest was created, revoked or deleted. */
  invalidate(sha256: string): void {
    this.known.delete(sha256);
    this.misses.delete(sha256);
    this.askings.delete(sha256);
  }

  /** Anything may have changed: every key is asked for again, and used as it is only while the store cannot be asked. */
  invalidateAll(): void {
    this.age += 1;
    this.misses.clear();
    this.askings.clear();
  }

  /** While the store was away changes may have been missed, so all is invalidated when it is back. */
  setStoreUp(up: boolean): void {
    if (up && !this.storeUp) this.invalidateAll();
    this.storeUp = up;
  }

  private isFresh({ age, askedAtMs }: KnownKey, nowMs: number): boolean {
    return age === this.age && isWithin(askedAtMs, keptMs, nowMs);
  }

  private async findInStore(digest: string, nowMs: number): Promise<Consumer | null> {
    try {
      const asking = this.askings.get(digest) ?? this.askStore(digest, nowMs);
      const key = await asking.answer;
      return key === null ? null : judge({ key, consumer: consumerOf(key) }, nowMs);
    } catch (error) {
      const known = this.known.get(digest);
      if (known === undefined || !(error instanceof StoreUnavailableError)) throw error;
      return judge(known, nowMs);
    }
  }

  private askStore(digest: string, nowMs: number): Asking {
    if (this.askingCount >= mostAskings) throw tooManyAskings;
    const asking: Asking = { answer: Promise.resolve(null) };
    this.askings.set(digest, asking);
    asking.answer = this.awaitAnswer(asking, digest, nowMs);
    return asking;
  }

  private async awaitAnswer(asking: Asking, digest: string, nowMs: number): Promise<StoredKey | null> {
    this.askingCount += 1;
    try {
      const key = await this.ask(digest);
      if (this.askings.get(digest) === asking) this.keep(digest, key, nowMs);
      return key;
    } finally {
      this.askingCount -= 1;
      if (this.askings.get(digest) === asking) this.askings.delete(digest);
    }
  }

  private keep(digest: string, key: StoredKey | null, nowMs: number): void {
    if (key === null) {
      this.known.delete(digest);
      this.misses.set(digest, nowMs);
      return;
    }
    this.misses.delete(digest);
    this.known.set(digest, { key, consumer: consumerOf(key), askedAtMs: nowMs, age: this.age });
  }
}

/** Whose key it is, null where it is of no use at `nowMs`. */
function judge({ key, consumer }: Pick<KnownKey, 'key' | 'consumer'>, nowMs: number): Consumer | null {
  if (key.revokedAt !== null) return null;
  return key.expiresAt !== null && nowMs >= key.expiresAt ? null : consumer;
}

/** A time that lies ahead, since a clock was put back, is not within. */
function isWithin(sinceMs: number | undefined, limitMs: number, nowMs: number): boolean {
  return sinceMs !== undefined && nowMs >= sinceMs && nowMs - sinceMs < limitMs;
}

function consumerOf({ id, name, rateLimit, permissions }: StoredKey): Consumer {
  return { id, name, rateLimit, permissions };
}
