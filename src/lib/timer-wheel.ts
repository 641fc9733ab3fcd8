/** Something with at most one deadline at a time. Everything but `onDeadline` belongs to the wheel. */
export abstract class Timed {
  /** Milliseconds on the wheel's clock; Infinity where none is set. */
  deadline = Infinity;
  /** The tick at which the wheel looks at this entry next, -1 where it is not in the wheel. */
  wheelTick = -1;
  wheelNext: Timed | null = null;
  wheelPrevious: Timed | null = null;

  /** Called once for each deadline that passed; the entry is out of the wheel then. */
  abstract onDeadline(nowMs: number): void;
}

const slotCount = 1024;

/**
 * One timer for all the deadlines of a thread: a hashed timing wheel (Varghese and Lauck, 1987, scheme 6) that moves
 * lazily. A deadline that is put off, which is what happens to nearly all of them, costs one assignment: the entry stays
 * where it is and is moved on when the wheel comes by. A deadline fires up to one tick late, never early.
 *
 * Nothing runs while no entry is in the wheel.
 */
export class TimerWheel {
  private readonly tickMs: number;
  private readonly slots: (Timed | null)[] = Array.from({ length: slotCount }, () => null);
  private readonly clock: () => number;
  private currentTick: number;
  private size = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(options: { tickMs: number; clock: () => number }) {
    this.tickMs = options.tickMs;
    this.clock = options.clock;
    this.currentTick = Math.floor(options.clock() / options.tickMs);
  }

  /** Sets or replaces the deadline of `entry`. */
  schedule(entry: Timed, deadlineMs: number): void {
    entry.deadline = deadlineMs;
    const tick = this.tickOf(deadlineMs);
    if (entry.wheelTick >= 0) {
      if (tick >= entry.wheelTick) return;
      this.unlink(entry);
    }
    if (this.size === 0) this.start();
    this.link(entry, tick);
  }

  /** Takes the deadline away. The entry stays in its slot until the wheel comes by, so that setting it anew is cheap. */
  cancel(entry: Timed): void {
    entry.deadline = Infinity;
  }

  /** Takes the entry out, so that nothing keeps it alive. */
  remove(entry: Timed): void {
    entry.deadline = Infinity;
    if (entry.wheelTick >= 0) this.unlink(entry);
    if (this.size === 0) this.stop();
  }

  /** Fires what is due at `nowMs`; the wheel's own timer calls this. */
  advance(nowMs: number): void {
    const lastTick = Math.floor(nowMs / this.tickMs);
    // After a long stall every slot is looked at once, not once for every tick that was missed.
    if (lastTick - this.currentTick > slotCount) this.currentTick = lastTick - slotCount;
    while (this.currentTick < lastTick) {
      this.currentTick++;
      this.visit(this.currentTick, nowMs);
    }
    if (this.size === 0) this.stop();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private visit(tick: number, nowMs: number): void {
    let entry = this.slots[tick % slotCount] ?? null;
    // The slot is emptied first: what is put back, by this loop or by a callback, is for a later visit.
    this.slots[tick % slotCount] = null;
    const due: Timed[] = [];
    while (entry !== null) {
      const following: Timed | null = entry.wheelNext;
      this.size--;
      entry.wheelPrevious = null;
      entry.wheelNext = null;
      entry.wheelTick = -1;
      if (entry.deadline <= nowMs) due.push(entry);
      else if (entry.deadline !== Infinity) this.link(entry, Math.max(this.tickOf(entry.deadline), tick + 1));
      entry = following;
    }
    for (const late of due) {
      // An earlier callback of this round may have put the deadline off or taken it away.
      if (late.deadline > nowMs) continue;
      late.deadline = Infinity;
      late.onDeadline(nowMs);
    }
  }

  private tickOf(timeMs: number): number {
    return Math.ceil(timeMs / this.tickMs);
  }

  private link(entry: Timed, tick: number): void {
    // A deadline that has passed already fires at the next tick.
    const at = Math.max(tick, this.currentTick + 1);
    const slot = at % slotCount;
    const head = this.slots[slot] ?? null;
    entry.wheelTick = at;
    entry.wheelPrevious = null;
    entry.wheelNext = head;
    if (head !== null) head.wheelPrevious = entry;
    this.slots[slot] = entry;
    this.size++;
  }

  private unlink(entry: Timed): void {
    if (entry.wheelPrevious !== null) entry.wheelPrevious.wheelNext = entry.wheelNext;
    else this.slots[entry.wheelTick % slotCount] = entry.wheelNext;
    if (entry.wheelNext !== null) entry.wheelNext.wheelPrevious = entry.wheelPrevious;
    entry.wheelNext = null;
    entry.wheelPrevious = null;
    entry.wheelTick = -1;
    this.size--;
  }

  private start(): void {
    this.currentTick = Math.max(this.currentTick, Math.floor(this.clock() / this.tickMs));
    if (this.timer !== null) return;
    this.timer = setInterval(() => this.advance(this.clock()), this.tickMs);
    this.timer.unref();
  }
}
