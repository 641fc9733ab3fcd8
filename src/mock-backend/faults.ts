/** What a demonstration has switched off in a backend: its health, and the next few answers. */
export class Faults {
  healthy = true;
  #status = 503;
  #remaining = 0;

  /** The next `count` answers have this status; a count of 0 ends the failing. */
  failNext(status: number, count: number): void {
    this.#status = status;
    this.#remaining = count;
  }

  /** The status that this answer must fail with, or null; uses up one of the failures asked for. */
  take(): number | null {
    if (this.#remaining === 0) return null;
    this.#remaining -= 1;
    return this.#status;
  }
}
