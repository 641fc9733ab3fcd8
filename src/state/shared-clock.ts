import type { SharedState } from './layout.ts';

/**
 * The clock that all threads share: whole microseconds since the state was made, never going backwards.
 *
 * `process.hrtime()` reads one monotonic clock for the whole process, but allocates. `performance.now()` does not, but
 * its zero is the thread's own by the standard (High Resolution Time, section 4), even though Node.js has so far given
 * all threads the zero of the process. Both count the same ticks, so their difference is a constant of the thread: it is
 * found once, here, to well under a microsecond, and added ever after, wherever the zero is. (`performance.timeOrigin`
 * would not do as that difference, being Unix time, which may be set.)
 */
export class SharedClock {
  readonly #offsetMicros: number;
  readonly #read: () => number;

  /** `read` gives milliseconds by `performance.now()`, perhaps as they were when the event under way began. */
  constructor(state: SharedState, read: () => number = () => performance.now()) {
    this.#read = read;
    this.#offsetMicros = measureOffsetMicros() - state.epochMicros;
  }

  nowMicros(): number {
    return Math.floor(this.#read() * 1000 + this.#offsetMicros);
  }
}

/** Of several readings the one that took the least time: in the others the thread was held up between two clocks. */
function measureOffsetMicros(): number {
  let shortest = Infinity;
  let offsetMicros = 0;
  for (let reading = 0; reading < 32; reading += 1) {
    const before = performance.now();
    const [seconds, nanoseconds] = process.hrtime();
    const after = performance.now();
    if (after - before < shortest) {
      shortest = after - before;
      offsetMicros = seconds * 1e6 + nanoseconds / 1e3 - ((before + after) / 2) * 1000;
    }
  }
  return offsetMicros;
}
