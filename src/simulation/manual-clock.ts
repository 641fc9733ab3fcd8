import type { Clock } from '../core/ports.ts';

/** Long after the start of the gateway, so that nothing lies before it. */
const startMs = 60_000;

/** A clock that stands still until somebody moves it. */
export class ManualClock implements Clock {
  private time = startMs;
  private readonly epochMs: number;

  /** `wallTimeMs` is the Unix time that it begins at. */
  constructor(wallTimeMs: number) {
    this.epochMs = wallTimeMs - startMs;
  }

  now(): number {
    return this.time;
  }

  wallTime(): number {
    return Math.floor(this.epochMs + this.time);
  }

  /** What a `SharedClock` gives. */
  nowMicros(): number {
    return Math.round(this.time * 1000);
  }

  /** Never goes backwards. */
  moveTo(timeMs: number): void {
    this.time = Math.max(this.time, timeMs);
  }
}
