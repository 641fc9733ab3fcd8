import type { StoredKey } from '../core/stored-key.ts';

/** The keys that were asked for last, `most` of them, by their digest. */
export class RecentKeys {
  private readonly most: number;
  /** Those asked for longest ago come first. */
  private readonly keys = new Map<string, StoredKey>();

  constructor(most: number) {
    this.most = most;
  }

  get(sha256: string): StoredKey | undefined {
    return this.keys.get(sha256);
  }

  add(key: StoredKey): void {
    this.keys.delete(key.sha256);
    this.keys.set(key.sha256, key);
    if (this.keys.size <= this.most) return;
    for (const [oldest] of this.keys) {
      this.keys.delete(oldest);
      return;
    }
  }

  delete(sha256: string): void {
    this.keys.delete(sha256);
  }
}
