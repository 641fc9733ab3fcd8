import type { PolicyExchange } from '../core/policy.ts';
import type { LimitVerdict, TokenLimit } from '../core/ports.ts';
import { createLimit, longestRefillMicros } from '../state/limit.ts';

/** Text in one piece is sooner written, and takes longer to make. */
const joinedAfter = 4;
/** One a microsecond. */
const fastestPerMinute = 60_000_000;

/**
 * A limit, and what the answer says of it: `X-RateLimit-*`, of which there is one, and the fields of the IETF draft
 * (draft-ietf-httpapi-ratelimit-headers), which are lists.
 */
export class StatedLimit {
  readonly limit: TokenLimit;
  /** Up to where the numbers of a request begin. */
  private readonly start: string;
  private readonly listStart: string;
  private toldRemaining = -1;
  private toldResetSeconds = -1;
  private toldReset = -1;
  /** Between the two places of the remaining tokens, and after them. */
  private middle = '';
  private end = '';
  /** Where the lists begin, but for the digits of the remaining tokens. */
  private fixedLength = 0;
  /** What was told last, and how often; in one piece once it has been told a few times. */
  private lines = '';
  private listedAt = 0;
  private times = 0;

  constructor(limit: TokenLimit, name: string) {
    const { burst, emissionMicros } = limit;
    const windowSeconds = Math.max(1, Math.round((emissionMicros * burst) / 1e6));
    this.limit = limit;
    this.start = `X-RateLimit-Limit: ${burst}\r\nX-RateLimit-Remaining: `;
    this.listStart = `RateLimit-Policy: "${name}";q=${burst};w=${windowSeconds}\r\nRateLimit: "${name}";r=`;
  }

  tell(exchange: PolicyExchange, { remaining, resetAfterMs }: LimitVerdict, wallTimeMs: number): void {
    const resetSeconds = Math.ceil(resetAfterMs / 1000);
    const reset = Math.ceil((wallTimeMs + resetAfterMs) / 1000);
    const isTimely = resetSeconds === this.toldResetSeconds && reset === this.toldReset;
    if (!isTimely) this.setTimes(resetSeconds, reset);
    if (!isTimely || remaining !== this.toldRemaining) this.setLines(remaining);
    else if (++this.times === joinedAfter) this.joinLines();
    exchange.tellLimit(remaining, this.lines, this.listedAt);
  }

  /** What stands around the remaining tokens is the same for many requests of a second. */
  private setTimes(resetSeconds: number, reset: number): void {
    this.toldResetSeconds = resetSeconds;
    this.toldReset = reset;
    const resetLine = `\r\nX-RateLimit-Reset: ${reset}\r\n`;
    this.middle = resetLine + this.listStart;
    this.fixedLength = this.start.length + resetLine.length;
    this.end = `;t=${resetSeconds}\r\n`;
  }

  private setLines(remaining: number): void {
    const digits = String(remaining);
    this.toldRemaining = remaining;
    this.lines = this.start + digits + this.middle + digits + this.end;
    this.listedAt = this.fixedLength + digits.length;
    this.times = 0;
  }

  /** Clients that keep well below a limit are all told the same: that their bucket was full. */
  private joinLines(): void {
    const digits = String(this.toldRemaining);
    this.lines = [this.start, digits, this.middle, digits, this.end].join('');
  }
}

/** A limit by requests a minute, with a tenth of them as its burst, but at least `leastBurst`. */
export function createOwnLimit(perMinute: number, leastBurst: number): TokenLimit {
  const tokens = Math.min(perMinute, fastestPerMinute);
  const { emissionMicros } = createLimit({ tokens, periodMs: 60_000, burst: 1 });
  const wantedBurst = Math.max(leastBurst, Math.floor(perMinute / 10));
  return { emissionMicros, burst: Math.min(wantedBurst, Math.floor(longestRefillMicros / emissionMicros)) };
}
