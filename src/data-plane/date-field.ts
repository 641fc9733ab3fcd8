import type { Clock } from '../core/ports.ts';

/** The `Date` field with its line end, made anew once a second (RFC 9110, 6.6.1). */
export class DateField {
  private readonly clock: Clock;
  private second = -1;
  private line = '';

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get(): string {
    const now = this.clock.wallTime();
    const second = Math.floor(now / 1000);
    if (second !== this.second) {
      this.second = second;
      this.line = `Date: ${new Date(now).toUTCString()}\r\n`;
    }
    return this.line;
  }
}
