/** When requests are due at a fixed rate, whatever becomes of those before them. */
export class Schedule {
  private readonly intervalMs: number;
  private readonly beginMs: number;
  private readonly total: number;
  private given = 0;

  constructor({ ratePerSecond, beginMs, total }: { ratePerSecond: number; beginMs: number; total: number }) {
    this.intervalMs = 1_000 / ratePerSecond;
    this.beginMs = beginMs;
    this.total = total;
  }

  /** The time at which the next request is due, if that is not after `nowMs`; then it is the one after it. Else NaN. */
  take(nowMs: number): number {
    const dueMs = this.beginMs + this.given * this.intervalMs;
    if (this.given >= this.total || dueMs > nowMs) return NaN;
    this.given += 1;
    return dueMs;
  }

  get isOver(): boolean {
    return this.given >= this.total;
  }
}
