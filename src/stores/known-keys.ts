import { KnownConsumer } from '../core/known-consumer.ts';
import type { Consumer } from '../core/ports.ts';
import type { StoredKey } from '../core/stored-key.ts';
import { EntryIndex } from './entry-index.ts';
import { secretLength } from './key-secret.ts';
import { SecretReader } from './secret-reader.ts';

// What is known of a key is a record of 64 bytes, a line of the processor's cache, so that finding it reads memory at
// three places, however many keys there are: the slot of the index, the record, and whose key it is.
//
//   words 0 to 12    the secret without its first four characters, which are the same for all
//   word 13          the note that the owner of the table has on it, and in the lowest bit whether it was used
//   words 14 and 15  a Float64: Unix time in milliseconds from which on the key is of no use

const recordWords = 16;
const secretWords = 13;
const noteWord = 13;
/** The end in a record, in eight bytes. */
const endPlace = 7;
const digestWords = 8;
const usedBit = 1;
/** How many records are looked at for one that has not been used; then the next one has to go. */
const mostLooks = 64;

const noPermissions: readonly string[] = [];

/**
 * Keys of the store with their secrets, found by either of secret and digest. How long a look-up takes tells nothing of
 * a secret: it is found by a hash whose seed nobody knows, and compared to its end whatever its characters are.
 *
 * It holds `capacity` keys. For one more, one has to go that has not been used since the search came by last (the clock
 * algorithm, Corbató 1968); where all of the next 64 have been, one of these. Memory is taken as it fills: 64 bytes for
 * the record, 32 for the digest, up to 24 for finding them, 8 for the place of the consumer, and the consumer.
 */
export class KnownKeys {
  private readonly capacity: number;
  private readonly reader = new SecretReader();
  private readonly start: number;
  private readonly bySecret: EntryIndex;
  private readonly byDigest: EntryIndex;
  private readonly records: Int32Array<ArrayBuffer>;
  /** The same memory. */
  private readonly ends: Float64Array;
  private readonly digests: Int32Array<ArrayBuffer>;
  private readonly consumers: (Consumer | null)[] = [];
  /** Entries that were removed. */
  private readonly spare: number[] = [];
  private readonly digest = new Int32Array(digestWords);
  private readonly digestBytes = Buffer.from(this.digest.buffer);
  private made = 0;
  private hand = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.bySecret = new EntryIndex(capacity);
    this.byDigest = new EntryIndex(capacity);
    this.records = new Int32Array(capacity * recordWords);
    this.ends = new Float64Array(this.records.buffer);
    this.digests = new Int32Array(capacity * digestWords);
    this.start = Buffer.from('slui').readInt32LE(0);
  }

  get size(): number {
    return this.made - this.spare.length;
  }

  /** The entry of the key with this secret, -1 where it is not known. It counts as used. */
  find(secret: string): number {
    const { reader, bySecret, records } = this;
    if (secret.length !== secretLength || !reader.read(secret) || reader.words[0] !== secretLength) return -1;
    for (let entry = bySecret.first(reader.hash); entry >= 0; entry = bySecret.next()) {
      if (!this.isAt(entry)) continue;
      const note = entry * recordWords + noteWord;
      const noted = records[note] ?? 0;
      if ((noted & usedBit) === 0) records[note] = noted | usedBit;
      return entry;
    }
    return -1;
  }

  /** Looks at every word, wherever the first difference is. */
  private isAt(entry: number): boolean {
    const { records, start } = this;
    const { words } = this.reader;
    const first = entry * recordWords;
    let difference = (words[1] ?? 0) ^ start;
    for (let at = 0; at < secretWords; at += 1) difference |= (records[first + at] ?? 0) ^ (words[at + 2] ?? 0);
    return difference === 0;
  }

  /** The entry of the key with this digest, -1 where it is not known. */
  findDigest(sha256: string): number {
    const { byDigest, digest } = this;
    this.readDigest(sha256);
    for (let entry = byDigest.first(digest[0] ?? 0); entry >= 0; entry = byDigest.next()) {
      if (this.hasDigest(entry)) return entry;
    }
    return -1;
  }

  /** Whose key an entry is, null where it is of no use at `nowMs`. */
  consumerOf(entry: number, nowMs: number): Consumer | null {
    const end = this.ends[entry * (recordWords / 2) + endPlace] ?? -Infinity;
    return nowMs < end ? (this.consumers[entry] ?? null) : null;
  }

  /** SHA-256 of the secret of an entry, in hexadecimal digits. */
  digestOf(entry: number): string {
    return Buffer.from(this.digests.buffer, entry * digestWords * 4, digestWords * 4).toString('hex');
  }

  /** What the owner has noted of an entry: 31 bits with a sign. */
  noteOf(entry: number): number {
    return (this.records[entry * recordWords + noteWord] ?? 0) >> 1;
  }

  setNote(entry: number, note: number): void {
    const at = entry * recordWords + noteWord;
    this.records[at] = (note << 1) | ((this.records[at] ?? 0) & usedBit);
  }

  /** Sets these bits in all notes. */
  addToNotes(bits: number): void {
    for (let entry = 0; entry < this.made; entry += 1) this.setNote(entry, this.noteOf(entry) | bits);
  }

  /** Takes a key in that is not known, or not any more, whose secret is well-formed; returns its entry. */
  add(secret: string, key: StoredKey): number {
    const entry = this.spare.pop() ?? (this.made < this.capacity ? this.made++ : this.makeRoom());
    const { reader, records, digest } = this;
    reader.read(secret);
    records.set(reader.words.subarray(2, 2 + secretWords), entry * recordWords);
    records[entry * recordWords + noteWord] = usedBit;
    this.bySecret.add(entry, reader.hash);
    this.readDigest(key.sha256);
    this.digests.set(digest, entry * digestWords);
    this.byDigest.add(entry, digest[0] ?? 0);
    this.consumers[entry] = null;
    this.update(entry, key);
    return entry;
  }

  /** The key of an entry is now this one. */
  update(entry: number, key: StoredKey): void {
    this.setEnd(entry, key.revokedAt !== null ? -Infinity : (key.expiresAt ?? Infinity));
    const before = this.consumers[entry] ?? null;
    if (before === null || !isSame(before, key)) this.consumers[entry] = consumerOf(key);
  }

  remove(entry: number): void {
    this.forget(entry);
    this.spare.push(entry);
  }

  private forget(entry: number): void {
    this.bySecret.remove(entry);
    this.byDigest.remove(entry);
    this.consumers[entry] = null;
    this.records.fill(0, entry * recordWords, (entry + 1) * recordWords);
    this.setEnd(entry, -Infinity);
  }

  private setEnd(entry: number, end: number): void {
    this.ends[entry * (recordWords / 2) + endPlace] = end;
  }

  /** Forgets an entry that has not been used for long; all are taken. */
  private makeRoom(): number {
    const { records, capacity } = this;
    for (let looks = 0; looks < mostLooks; looks += 1) {
      const note = this.hand * recordWords + noteWord;
      const noted = records[note] ?? 0;
      if ((noted & usedBit) === 0) break;
      records[note] = noted ^ usedBit;
      this.hand = (this.hand + 1) % capacity;
    }
    const entry = this.hand;
    this.hand = (entry + 1) % capacity;
    this.forget(entry);
    return entry;
  }

  /** Puts a digest where it is compared; text that is none is that of no key. */
  private readDigest(sha256: string): void {
    this.digest.fill(0);
    this.digestBytes.write(sha256, 'hex');
  }

  private hasDigest(entry: number): boolean {
    const start = entry * digestWords;
    for (let at = 0; at < digestWords; at += 1) if (this.digests[start + at] !== this.digest[at]) return false;
    return true;
  }
}

export function consumerOf({ id, name, rateLimit, permissions }: StoredKey): Consumer {
  return new KnownConsumer({
    id,
    name,
    rateLimit,
    permissions: permissions.length === 0 ? noPermissions : permissions,
  });
}

/** Whether a key says the same of its owner as before: then the object that stands in many places stays the same too. */
function isSame({ id, name, rateLimit, permissions }: Consumer, key: StoredKey): boolean {
  if (id !== key.id || name !== key.name || rateLimit !== key.rateLimit) return false;
  if (permissions.length !== key.permissions.length) return false;
  return permissions.every((permission, at) => permission === key.permissions[at]);
}
