const attemptsBeforeNap = 300;
const napMs = 0.1;

/**
 * Takes the lock of a group: waits while the word is not 0, and makes it `owner`. It is given back by an atomic store of
 * 0. A lock is held for some tens of nanoseconds, so a waiter looks again a few hundred times before it naps.
 */
export function lockGroup(locks: Int32Array, group: number, owner: number): void {
  let attempt = 0;
  while (Atomics.compareExchange(locks, group, 0, owner) !== 0) {
    // Reading until the lock looks free leaves its cache line with the holder, which needs it to unlock.
    for (;;) {
      const holder = Atomics.load(locks, group);
      if (holder === 0) break;
      attempt += 1;
      if (attempt > attemptsBeforeNap) Atomics.wait(locks, group, holder, napMs);
    }
  }
}

/** Frees the locks that a worker held when it ended; `owner` is what it locked with. */
export function releaseGroupLocks(locks: Int32Array, owner: number): void {
  for (let group = 0; group < locks.length; group += 1) Atomics.compareExchange(locks, group, owner, 0);
}
