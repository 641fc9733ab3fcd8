/** A slot has a part of a hash and, below it, the number of an entry. */
const entryBits = 18;
const entryMask = 2 ** entryBits - 1;
const free = -1;
const leastSlots = 1_024;

/** So many entries can be told apart in a slot. */
export const mostEntries = 2 ** entryBits;

/**
 * Finds entries by a hash of theirs: an open table of 32-bit slots, of which at most seven eighths are taken. A search
 * looks at a few that stand side by side, and rather at more of them than at a larger table: what it waits for is the
 * first one. It grows with its entries, 5 to 10 bytes for each, and 4 for its hash. Whether what is found is what was
 * searched for is for the owner to say.
 */
export class EntryIndex {
  /** By entry. */
  private readonly hashes: Int32Array;
  private slots = new Int32Array(leastSlots).fill(free);
  private count = 0;
  /** Where a search goes on. */
  private place = 0;
  private tag = 0;

  /** For entries from 0 up to `capacity`, at most `mostEntries`. */
  constructor(capacity: number) {
    this.hashes = new Int32Array(capacity);
  }

  /** Begins a search for this hash: an entry that may be meant, or -1 where there is none. `next` goes on with it. */
  first(hash: number): number {
    this.place = hash & (this.slots.length - 1);
    this.tag = tagOf(hash);
    return this.search();
  }

  next(): number {
    this.place = (this.place + 1) & (this.slots.length - 1);
    return this.search();
  }

  private search(): number {
    const { slots, tag } = this;
    const mask = slots.length - 1;
    let { place } = this;
    for (;;) {
      const slot = slots[place] ?? free;
      if (slot === free) return -1;
      if (slot >> entryBits === tag) {
        this.place = place;
        return slot & entryMask;
      }
      place = (place + 1) & mask;
    }
  }

  /** Makes an entry that is not in it findable by `hash`. */
  add(entry: number, hash: number): void {
    this.count += 1;
    if (8 * this.count > 7 * this.slots.length) this.grow();
    this.hashes[entry] = hash;
    this.put(entry, hash);
  }

  private put(entry: number, hash: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    let place = hash & mask;
    while (slots[place] !== free) place = (place + 1) & mask;
    slots[place] = (tagOf(hash) << entryBits) | entry;
  }

  private grow(): void {
    const before = this.slots;
    this.slots = new Int32Array(2 * before.length).fill(free);
    for (const slot of before) {
      if (slot !== free) this.put(slot & entryMask, this.hashes[slot & entryMask] ?? 0);
    }
  }

  /** Forgets an entry that is in it. */
  remove(entry: number): void {
    const { slots, hashes } = this;
    const mask = slots.length - 1;
    const hash = hashes[entry] ?? 0;
    const slot = (tagOf(hash) << entryBits) | entry;
    let hole = hash & mask;
    while (slots[hole] !== slot) hole = (hole + 1) & mask;
    // What stands behind moves up where it may, so that no search ends at the hole (Knuth, TAOCP 3, 6.4, algorithm R).
    for (let place = (hole + 1) & mask; slots[place] !== free; place = (place + 1) & mask) {
      const moved = slots[place] ?? 0;
      const home = (hashes[moved & entryMask] ?? 0) & mask;
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      slots[hole] = moved;
      hole = place;
    }
    slots[hole] = free;
    this.count -= 1;
  }
}

/** The bits of a hash that are left when the largest table has taken its place from the others. */
function tagOf(hash: number): number {
  return hash >>> (entryBits + 1);
}
