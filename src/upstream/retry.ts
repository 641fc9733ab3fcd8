/** When and how a request that failed is sent again. */
export interface RetryOptions {
  /** Retries after the first try, so 0 switches them off. */
  readonly attempts: number;
  readonly initialDelayMs: number;
  /** No delay is longer, whatever the target asks for. */
  readonly maxDelayMs: number;
  readonly multiplier: number;
  /** By which part of it a delay may be shorter or longer: 0 to 1. */
  readonly jitter: number;
  /** Statuses of an answer that are a reason to try again. */
  readonly statuses: readonly number[];
  /** How many bytes of a request's body are kept to be sent again; a longer one is not repeated. */
  readonly bodyLimitBytes: number;
  /** Methods that may reach a target twice. */
  readonly methods: readonly string[];
}

/** The idempotent methods of RFC 9110, section 9.2.2. */
const safeToRepeat: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'];

/** Whether a method may reach a target twice without harm. */
export function isIdempotent(method: string): boolean {
  return safeToRepeat.includes(method);
}

export const defaultRetryOptions: RetryOptions = {
  attempts: 3,
  initialDelayMs: 100,
  maxDelayMs: 5000,
  multiplier: 2,
  jitter: 0.1,
  statuses: [502, 503, 504],
  bodyLimitBytes: 65_536,
  methods: safeToRepeat,
};

/**
 * How long to wait before a retry, in milliseconds and fractions. `attempt` is 0 for the first retry, `random` is from 0
 * up to 1, `retryAfterMs` what the target asked for, if it did.
 *
 * The delay grows with each attempt up to the maximum, give or take the jitter. Where the target asked for more, that is
 * the delay, up to the maximum; the jitter is only added then, so that nobody comes earlier than was asked for, but not
 * all at the same moment either.
 */
export function retryDelayMs(
  attempt: number,
  options: RetryOptions,
  random: number,
  retryAfterMs: number | null,
): number {
  const { initialDelayMs, maxDelayMs, multiplier, jitter } = options;
  // No delay stays none, however large the power: 0 times infinity is not a number.
  const grown = initialDelayMs === 0 ? 0 : initialDelayMs * multiplier ** attempt;
  const delayMs = Math.min(grown, maxDelayMs) * (1 + jitter * (2 * random - 1));
  // What goes beyond the maximum is reflected at it: cut off there, half of those who wait would come back together.
  const backoffMs = delayMs > maxDelayMs ? 2 * maxDelayMs - delayMs : delayMs;
  if (retryAfterMs === null || retryAfterMs <= backoffMs) return backoffMs;
  return Math.min(maxDelayMs, retryAfterMs * (1 + jitter * random));
}

/** Whether a request may be sent again: where nothing of it has reached a target, or reaching one twice does no harm. */
export function mayRepeat(method: string, anyByteSent: boolean, options: RetryOptions): boolean {
  return !anyByteSent || mayReachTwice(method, options);
}

/** Whether more than one target may get something of a request with this method. */
export function mayReachTwice(method: string, options: RetryOptions): boolean {
  return options.methods.includes(method);
}

const imfFixdate = /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/;
const rfc850Date = /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/;
const asctimeDate = /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Reads a `Retry-After` field (RFC 9110, section 10.2.3), either a number of seconds or a date, to milliseconds from
 * `wallTimeMs`, which is Unix time. A date that is past gives 0; what is neither gives null.
 */
export function parseRetryAfter(value: string, wallTimeMs: number): number | null {
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const dateMs = parseHttpDate(value, wallTimeMs);
  return dateMs === null ? null : Math.max(0, dateMs - wallTimeMs);
}

/** All three forms of RFC 9110, section 5.6.7. `Date.parse` is no judge of them: it takes nearly anything for a date. */
function parseHttpDate(value: string, wallTimeMs: number): number | null {
  const parts = (imfFixdate.exec(value) ?? rfc850Date.exec(value) ?? asctimeDate.exec(value))?.groups;
  if (parts === undefined) return null;
  const [hour = 0, minute = 0, second = 0] = (parts['time'] ?? '').split(':').map(Number);
  const month = months.indexOf(parts['month'] ?? '');
  const day = Number(parts['day']);
  const year = fullYear(parts['year'] ?? '', wallTimeMs);
  // A day that the month does not have would be one of the next month. Second 60 is a leap second.
  const isDay = month >= 0 && new Date(Date.UTC(year, month, day)).getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 60) return null;
  return Date.UTC(year, month, day, hour, minute, second);
}

/** A year of two digits that would be more than 50 years ahead is the latest one before that ends in them. */
function fullYear(digits: string, wallTimeMs: number): number {
  if (digits.length === 4) return Number(digits);
  const thisYear = new Date(wallTimeMs).getUTCFullYear();
  const year = Math.floor(thisYear / 100) * 100 + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}
