import type { StoredKey } from '../core/stored-key.ts';

/**
 * The keys that were asked for last, by their digest: at most `most` of them, and at least half as many. They are in two
 * generations, of which the older one goes as a whole: a `Map` from which the oldest entry is taken time and again is slow.
 */
export class RecentKeys {
  private readonly mostYoung: number;
  private young = new Map<string, StoredKey>();
  private old = new Map<string, StoredKey>();

  /** `most` is 2 at least. */
  constructor(most: number) {
    this.mostYoung = Math.floor(most / 2);
  }

  get(sha256: string): StoredKey | undefined {
    return this.young.get(sha256) ?? this.old.get(sha256);
  }

  add(key: StoredKey): void {
    if (this.young.size >= this.mostYoung && !this.young.has(key.sha256)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key.sha256, key);
  }

  delete(sha256: string): void {
    this.young.delete(sha256);
    this.old.delete(sha256);
  }
}
