import type { Consumer, KeyLookup } from '../core/ports.ts';
import { StaticKeys, type StaticKey } from '../stores/static-keys.ts';

/** A key as if it had been made in the store of the gateway. */
export interface SimulatedKey extends Consumer {
  readonly secret: string;
  /** Unix time in milliseconds; null for never. */
  readonly expiresAt: number | null;
}

/** The keys of the configuration, and after them those of a store that is always there. */
export class SimulatedKeys implements KeyLookup {
  private readonly fixed: StaticKeys;
  private readonly stored: ReadonlyMap<string, SimulatedKey>;

  constructor(fixed: readonly StaticKey[], stored: readonly SimulatedKey[]) {
    this.fixed = new StaticKeys(fixed);
    this.stored = new Map(stored.map((key) => [key.secret, key]));
  }

  find(secret: string, nowMs: number): Consumer | null {
    const fixed = this.fixed.find(secret);
    if (fixed !== null) return fixed;
    const key = this.stored.get(secret);
    return key === undefined || (key.expiresAt !== null && nowMs >= key.expiresAt) ? null : key;
  }
}
