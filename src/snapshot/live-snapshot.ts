import type { Snapshot } from './snapshot.ts';

/** The one pointer that a reload moves. */
export class LiveSnapshot {
  current: Snapshot;

  constructor(first: Snapshot) {
    this.current = first;
  }
}
