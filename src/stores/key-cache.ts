import { LRUCache } from 'lru-cache';
import type { Consumer, KeyLookup } from '../core/ports.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { mostEntries } from './entry-index.ts';
import { digestSecret, isWellFormedSecret } from './key-secret.ts';
import type { StoredKey } from './key-store.ts';
import { consumerOf, KnownKeys } from './known-keys.ts';

/** What a worker knows at most, 262,144; the least used go first. */
export const mostKnownKeys = mostEntries;
/** Whom a key belongs to is asked again after this time, should nobody have told of a change. */
const usuallyKeptMs = 60_000;
/** A key that nobody has is refused for so long without asking. */
const missKeptMs = 5_000;
const mostMisses = 10_000;
/** More at once are refused, so that a flood of keys that do not exist does not become a flood on the store. */
const mostAskings = 1_024;
/** More at once are not asked again in advance, so that there is room for those that somebody waits for. */
const mostAhead = 256;

/** The note of a known key is the second in which it was asked for, in 28 bits, and below it what becomes of it. */
const tickMs = 1_000;
const stateBits = 2;
const stateMask = 2 ** stateBits - 1;
/** Bits of a note above those that are kept. */
const lostBits = 32 - 31 + stateBits;
const isFresh = 0;
/** It has been asked for again, and goes on meanwhile. */
const isAskedAgain = 1;
/** It has to be asked for before it is used. */
const isStale = 2;

/** Made once: under a flood, a stack trace for each refusal would cost more than all the rest. */
const tooManyAskings = new StoreUnavailableError('Too many keys are being looked up at once.');

/**
 * Asks the store for the key with this digest. Rejects with a StoreUnavailableError when it cannot be reached; must not
 * take longer than a request may wait.
 */
export type AskForKey = (sha256: string) => Promise<StoredKey | null>;

export interface KeyCacheOptions {
  readonly capacity?: number;
  /** After so long a key that was used all the time is asked for again, should nobody have told of a change. */
  readonly keptMs?: number;
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
 * A key in use is asked for again in advance, each one at another moment, and goes on until there is an answer; a request
 * waits only for a key that was not used for long.
 *
 * Its memory is bounded: `capacity` keys, the least used going first (`KnownKeys`), and 10,000 digests of keys that nobody
 * has. What nobody has pushes nothing out that somebody has.
 */
export class KeyCache implements KeyLookup {
  private readonly ask: AskForKey;
  private readonly known: KnownKeys;
  private readonly keptTicks: number;
  /** Digest → when the store said that nobody has it. */
  private readonly misses = new LRUCache<string, number>({ max: mostMisses });
  /** Askings whose answer is worth keeping: nothing has changed since. */
  private readonly askings = new Map<string, Asking>();
  private askingCount = 0;
  private storeUp = true;

  constructor(ask: AskForKey, { capacity = mostKnownKeys, keptMs = usuallyKeptMs }: KeyCacheOptions = {}) {
    this.ask = ask;
    this.known = new KnownKeys(capacity);
    this.keptTicks = Math.ceil(keptMs / tickMs);
  }

  /** How many keys are known. */
  get size(): number {
    return this.known.size;
  }

  find(secret: string, nowMs: number): Consumer | null | Promise<Consumer | null> {
    const known = this.findKnown(secret, nowMs);
    return known === undefined ? this.findUnknown(secret, nowMs) : known;
  }

  /** Whose key it is, as far as that is at hand; undefined where it is not. */
  findKnown(secret: string, nowMs: number): Consumer | null | undefined {
    const entry = this.known.find(secret);
    if (entry < 0) return undefined;
    const note = this.known.noteOf(entry);
    const age = ageOf(note, nowMs);
    const isDue = age < 0 || age >= this.dueTicks(entry) || (note & stateMask) !== isFresh;
    if (isDue && this.storeUp && !this.mayGoOn(entry, age, nowMs)) return undefined;
    return this.known.consumerOf(entry, nowMs);
  }

  /** As `find`, for a secret that is not at hand. */
  findUnknown(secret: string, nowMs: number): Consumer | null | Promise<Consumer | null> {
    if (!isWellFormedSecret(secret)) return null;
    const digest = digestSecret(secret);
    if (isWithin(this.misses.get(digest), missKeptMs, nowMs)) return null;
    return this.findInStore(secret, digest, nowMs);
  }

  /** The key with this digest was created, revoked or deleted. */
  invalidate(sha256: string): void {
    const entry = this.known.findDigest(sha256);
    if (entry >= 0) this.known.remove(entry);
    this.misses.delete(sha256);
    this.askings.delete(sha256);
  }

  /** Anything may have changed: every key is asked for again, and used as it is only while the store cannot be asked. */
  invalidateAll(): void {
    this.known.addToNotes(isStale);
    this.misses.clear();
    this.askings.clear();
  }

  /** While the store was away changes may have been missed, so all is invalidated when it is back. */
  setStoreUp(up: boolean): void {
    if (up && !this.storeUp) this.invalidateAll();
    this.storeUp = up;
  }

  /** The age at which a key in use is asked for again: another one for each, from half of the time on to nine tenths. */
  private dueTicks(entry: number): number {
    const spread = (Math.imul(entry, 0x9e37_79b1) >>> 24) / 256;
    return this.keptTicks * (0.5 + 0.4 * spread);
  }

  /** Whether a key that is due may be used as it is; where it may and nobody has asked for it yet, that is done. */
  private mayGoOn(entry: number, age: number, nowMs: number): boolean {
    const state = this.stateOf(entry);
    if (age < 0 || age >= this.keptTicks || (state & isStale) !== 0) return false;
    if (state === isFresh && this.askingCount < mostAhead) {
      this.setState(entry, isAskedAgain);
      void this.askAhead(entry, nowMs);
    }
    return true;
  }

  private stateOf(entry: number): number {
    return this.known.noteOf(entry) & stateMask;
  }

  private setState(entry: number, state: number): void {
    this.known.setNote(entry, (this.known.noteOf(entry) & ~stateMask) | state);
  }

  private async askAhead(entry: number, nowMs: number): Promise<void> {
    const digest = this.known.digestOf(entry);
    try {
      await (this.askings.get(digest) ?? this.askStore(null, digest, nowMs)).answer;
    } catch {
      // Whoever uses the key once its time has passed asks again, and learns why it cannot be asked for.
      const now = this.known.findDigest(digest);
      if (now >= 0 && this.stateOf(now) === isAskedAgain) this.setState(now, isFresh);
    }
  }

  private async findInStore(secret: string, digest: string, nowMs: number): Promise<Consumer | null> {
    try {
      const key = await (this.askings.get(digest) ?? this.askStore(secret, digest, nowMs)).answer;
      return key === null || isOver(key, nowMs) ? null : consumerOf(key);
    } catch (error) {
      const entry = this.known.findDigest(digest);
      if (entry < 0 || !(error instanceof StoreUnavailableError)) throw error;
      return this.known.consumerOf(entry, nowMs);
    }
  }

  /** `secret` is null for a key that is known. */
  private askStore(secret: string | null, digest: string, nowMs: number): Asking {
    if (this.askingCount >= mostAskings) throw tooManyAskings;
    const asking: Asking = { answer: Promise.resolve(null) };
    this.askings.set(digest, asking);
    asking.answer = this.awaitAnswer(asking, { secret, digest }, nowMs);
    return asking;
  }

  private async awaitAnswer(
    asking: Asking,
    { secret, digest }: { secret: string | null; digest: string },
    nowMs: number,
  ): Promise<StoredKey | null> {
    this.askingCount += 1;
    try {
      const key = await this.ask(digest);
      if (this.askings.get(digest) !== asking) return key;
      if (key === null) this.keepMiss(digest, nowMs);
      else this.keep(secret, key, nowMs);
      return key;
    } finally {
      this.askingCount -= 1;
      if (this.askings.get(digest) === asking) this.askings.delete(digest);
    }
  }

  private keepMiss(digest: string, nowMs: number): void {
    const entry = this.known.findDigest(digest);
    if (entry >= 0) this.known.remove(entry);
    this.misses.set(digest, nowMs);
  }

  private keep(secret: string | null, key: StoredKey, nowMs: number): void {
    if (this.misses.size > 0) this.misses.delete(key.sha256);
    let entry = this.known.findDigest(key.sha256);
    if (entry >= 0) this.known.update(entry, key);
    else if (secret !== null) entry = this.known.add(secret, key);
    else return;
    this.known.setNote(entry, tickOf(nowMs) << stateBits);
  }
}

function tickOf(nowMs: number): number {
  return Math.floor(nowMs / tickMs) | 0;
}

/** Seconds since a key was asked for, modulo 2^29; negative where the clock was put back. */
function ageOf(note: number, nowMs: number): number {
  return ((tickOf(nowMs) - (note >> stateBits)) << lostBits) >> lostBits;
}

function isOver({ revokedAt, expiresAt }: StoredKey, nowMs: number): boolean {
  return revokedAt !== null || (expiresAt !== null && nowMs >= expiresAt);
}

/** A time that lies ahead, since a clock was put back, is not within. */
function isWithin(sinceMs: number | undefined, limitMs: number, nowMs: number): boolean {
  return sinceMs !== undefined && nowMs >= sinceMs && nowMs - sinceMs < limitMs;
}
