import type { KeyChange } from './key-store.ts';

/** The part that all stores have in common: who is told of changes, and whether the store is there. */
export abstract class WatchedStore {
  private readonly changeListeners: ((change: KeyChange) => void)[] = [];
  private readonly stateListeners: ((up: boolean) => void)[] = [];
  private isUp = false;

  get up(): boolean {
    return this.isUp;
  }

  onChange(listener: (change: KeyChange) => void): void {
    this.changeListeners.push(listener);
  }

  onStateChange(listener: (up: boolean) => void): void {
    this.stateListeners.push(listener);
  }

  protected tellChange(change: KeyChange): void {
    for (const listener of this.changeListeners) listener(change);
  }

  protected setUp(up: boolean): void {
    if (this.isUp === up) return;
    this.isUp = up;
    for (const listener of this.stateListeners) listener(up);
  }

  /** Nobody is told anything any more. */
  protected forgetListeners(): void {
    this.changeListeners.length = 0;
    this.stateListeners.length = 0;
  }
}
