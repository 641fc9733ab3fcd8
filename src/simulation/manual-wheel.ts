import { TimerWheel, type Timed } from '../lib/timer-wheel.ts';
import type { ManualClock } from './manual-clock.ts';

/** Deadlines that pass exactly when they are due, as the clock is moved from one to the next; no timer runs. */
export class ManualWheel extends TimerWheel {
  private readonly clockOfWheel: ManualClock;
  private readonly entries = new Set<Timed>();

  constructor(clock: ManualClock) {
    super({ tickMs: 1, clock: () => clock.now() });
    this.clockOfWheel = clock;
  }

  override schedule(entry: Timed, deadlineMs: number): void {
    this.entries.delete(entry);
    entry.deadline = deadlineMs;
    if (deadlineMs !== Infinity) this.entries.add(entry);
  }

  override cancel(entry: Timed): void {
    entry.deadline = Infinity;
    this.entries.delete(entry);
  }

  override remove(entry: Timed): void {
    this.cancel(entry);
  }

  /** The time of the next deadline, not before now; Infinity where there is none. */
  earliest(): number {
    let earliestMs = Infinity;
    for (const { deadline } of this.entries) if (deadline < earliestMs) earliestMs = deadline;
    return Math.max(earliestMs, this.clockOfWheel.now());
  }

  /** Fires what is due at `nowMs`, the earliest first, and of equal ones the one that was set first. */
  override advance(nowMs: number): void {
    const due = [...this.entries].filter(({ deadline }) => deadline <= nowMs);
    due.sort((left, right) => left.deadline - right.deadline);
    for (const entry of due) {
      // An earlier one may have put it off or taken it away.
      if (!this.entries.has(entry) || entry.deadline > nowMs) continue;
      this.cancel(entry);
      entry.onDeadline(nowMs);
    }
  }

  override stop(): void {
    this.entries.clear();
  }
}
