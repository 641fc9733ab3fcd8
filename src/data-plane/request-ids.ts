import { randomBytes } from 'node:crypto';

const poolBytes = 8192;

/** Makes identifiers of requests and traces, and judges those that clients send. */
export class RequestIds {
  /** Random digits, made in bulk. */
  private pool = '';
  private at = 0;
  private latest = '';

  /** 32 hexadecimal digits from 128 random bits. */
  create(): string {
    this.latest = this.digits(32);
    return this.latest;
  }

  /**
   * A `traceparent` for a request that brought none: a new trace, to be recorded (W3C Trace Context, 3.2). Where the id of
   * the request was made last, it is that of its trace too: who has one of them has found the other.
   */
  createTraceparent(requestId = ''): string {
    const isMade = requestId !== '' && requestId === this.latest;
    return `00-${isMade ? requestId : this.digits(32)}-${this.digits(16)}-01`;
  }

  private digits(count: number): string {
    if (this.at + count > this.pool.length) {
      this.pool = randomBytes(poolBytes).toString('hex');
      this.at = 0;
    }
    const start = this.at;
    this.at += count;
    return this.pool.slice(start, this.at);
  }
}

const traceparentLength = 55;

/** Whether a `traceparent` is well-formed and names a trace and a parent (W3C Trace Context, 3.2.2), version 00. */
export function isTraceparent(text: string): boolean {
  if (text.length !== traceparentLength || !text.startsWith('00-') || text[35] !== '-' || text[52] !== '-')
    return false;
  for (let at = 3; at < traceparentLength; at++) {
    if (at === 35 || at === 52) continue;
    const character = text.charCodeAt(at);
    const isLowerHexadecimal = (character >= 48 && character <= 57) || (character >= 97 && character <= 102);
    if (!isLowerHexadecimal) return false;
  }
  return !text.startsWith('0'.repeat(32), 3) && !text.startsWith('0'.repeat(16), 36);
}
