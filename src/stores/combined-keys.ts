import type { Consumer, KeyLookup } from '../core/ports.ts';
import type { StaticKeys } from './static-keys.ts';

/** The keys of the configuration, and after them those of the store. */
export class CombinedKeys implements KeyLookup {
  private readonly fixed: StaticKeys;
  private readonly stored: KeyLookup;

  constructor(fixed: StaticKeys, stored: KeyLookup) {
    this.fixed = fixed;
    this.stored = stored;
  }

  find(secret: string, nowMs: number): Consumer | null | Promise<Consumer | null> {
    return this.fixed.find(secret) ?? this.stored.find(secret, nowMs);
  }
}
