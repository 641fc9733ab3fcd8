/**
 * The time as it was when the current event of this thread began. Everything that one event causes happens at one time,
 * and the system's clock is read once for it. Whoever begins an event calls `refresh`: sockets and timers do.
 */
export class TurnClock {
  private time = performance.now();
  /** 0 where it was not asked for in this event. */
  private wall = 0;

  /** Milliseconds, never going backwards; the same until the next event. */
  now(): number {
    return this.time;
  }

  /** Unix time; read once an event too, and only where it is asked for. */
  wallTime(): number {
    if (this.wall === 0) this.wall = Date.now();
    return this.wall;
  }

  refresh(): number {
    this.time = performance.now();
    this.wall = 0;
    return this.time;
  }
}

/** The clock of this thread. */
export const turnClock = new TurnClock();
