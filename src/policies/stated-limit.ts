import type { PolicyExchange } from '../core/policy.ts';
import type { LimitVerdict, TokenLimit } from '../core/ports.ts';
import { createLimit, longestRefillMicros } from '../state/limit.ts';

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
  private toldResetSeconds = -1;
  private toldReset = -1;
  /** Between the two places of the remaining tokens, and after them. */
  private middle = '';
  private end = '';
  /** Where the lists begin, but for the digits of the remaining tokens. */
  private fixedLength = 0;

  constructor(limit: TokenLimit, name: string) {
    const { burst, emissionMicros } = limit;
    const windowSeconds = Math.max(1, Math.round((emissionMicros * burst) / 1e6));
    this.limit = limit;
    this.start = `X-RateLimit-Limit: ${burst}\r\nX-RateLimit-Remaining: `;
    this.listStart = `RateLimit-Policy: "${name}";q=${burst};w=${windowSeconds}\r\nRateLimit: "${name}";r=`;
  }

  tell(exchange: PolicyExchange, { remaining, resetAfterMs }: LimitVerdict, wallTimeMs: number): void {
    this.setTimes(Math.ceil(resetAfterMs / 1000), Math.ceil((wallTimeMs + resetAfterMs) / 1000));
    const digits = String(remaining);
    const lines = this.start + digits + this.middle + digits + this.end;
    exchange.tellLimit(remaining, lines, this.fixedLength + digits.length);
  }

  /** What stands around the remaining tokens is the same for many requests of a second. */
  private setTimes(resetSeconds: number, reset: number): void {
    if (resetSeconds === this.toldResetSeconds && reset === this.toldReset) return;
    this.toldResetSeconds = resetSeconds;
    this.toldReset = reset;
    const resetLine = `\r\nX-RateLimit-Reset: ${reset}\r\n`;
    this.middle = resetLine + this.listStart;
    this.fixedLength = this.start.length + resetLine.length;
    this.end = `;t=${resetSeconds}\r\n`;
  }
}

/** A limit by requests a minute, with a tenth of them as its burst, but at least `leastBurst`. */
export function createOwnLimit(perMinute: number, leastBurst: number): TokenLimit {
  const tokens = Math.min(perMinute, fastestPerMinute);
  const { emissionMicros } = createLimit({ tokens, periodMs: 60_000, burst: 1 });
  const wantedBurst = Math.max(leastBurst, Math.floor(perMinute / 10));
  return { emissionMicros, burst: Math.min(wantedBurst, Math.floor(longestRefillMicros / emissionMicros)) };
}
