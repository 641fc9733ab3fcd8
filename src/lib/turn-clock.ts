/**
 * The time as it was when the current event of this thread began. Everything that one event causes happens at one time,
 * and the system's clock is read once for it. Whoever begins an event calls `refresh`: sockets and timers do.
 */
export class TurnClock {
  private time = performance.now();

  /** Milliseconds, never going backwards; the same until the next event. */
  now(): number {
    return this.time;
  }

  /** Unix time; read anew, since it may be set while this runs. */
  wallTime(): number {
    return Date.now();
  }

  refresh(): number {
    this.time = performance.now();
    return this.time;
  }
}

/** The clock of this thread. */
export const turnClock = new TurnClock();
