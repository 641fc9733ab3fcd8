import { z } from 'zod';
import { formatByteSize, parseByteSize } from '../lib/byte-size.ts';
import { CidrSyntaxError, parseCidr } from '../lib/cidr.ts';
import type { Rate } from '../core/policy.ts';
import { formatDuration, parseDuration } from '../lib/duration.ts';
import { parseRate } from '../lib/rate.ts';
import { parseAddress, parseTargetUrl, type Refusal } from './address.ts';

// A message that begins with "expected" gets ", got …" from schema-issues.ts, which knows what may be shown.

/** A timer takes at most 2^31 - 1 ms; this is the last whole hour below it. */
const longestTimerMs = 596 * 3_600_000;

// What editors check before this program does; none of these refuses what the parsers take.
const durationPattern = '^(\\d+(\\.\\d+)?(ms|s|m|h))+$';
const ratePattern = '^\\s*\\d{1,12}\\s*/\\s*(s|sec|second|m|min|minute|h|hour|d|day)\\s*$';
const sizePattern = '^\\d+(\\.\\d+)?([kKmMgG][iI]?)?[bB]?$';
const addressPattern = '^(\\[[0-9A-Fa-f:.]+\\]|[^:\\[\\]]*):\\d{1,5}$';
const targetPattern = '^[hH][tT][tT][pP]://[^/?#@\\s]+/?$';

/** A mapping with these keys and no others. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'expected a mapping of keys to values' : undefined),
  });
}

/** What editors know of a text before it is read: a pattern that every right one has, and some right ones. */
interface TextHints {
  readonly pattern?: string;
  readonly examples?: readonly string[];
}

/** Text that `read` turns into a value or refuses. */
function readText<Value>(expected: string, read: (text: string) => Value | Refusal, hints: TextHints = {}) {
  const written = z.string({ error: expected }).meta({ ...hints });
  return written.transform((text, context): Value => {
    const value = read(text);
    if (!isRefusal(value)) return value;
    const params = value.suggestion === undefined ? {} : { suggestion: value.suggestion };
    context.issues.push({ code: 'custom', message: value.problem, input: text, params });
    return z.NEVER;
  });
}

function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

/** Text that `findProblem` has nothing against, as it is written. */
export function checkedText(
  expected: string,
  findProblem: (text: string) => Refusal | undefined,
  hints: TextHints = {},
) {
  return readText(expected, (text) => findProblem(text) ?? text, hints);
}

/** A duration in text; milliseconds in the configuration. */
export function duration(shortestMs = 1) {
  const expected = 'expected a duration such as 250ms, 10s or 1m';
  const read = (text: string): number | Refusal => {
    const durationMs = parseDuration(text);
    if (durationMs === undefined) return { problem: expected };
    if (durationMs >= shortestMs && durationMs <= longestTimerMs) return durationMs;
    return { problem: `expected a duration from ${formatDuration(shortestMs)} to ${formatDuration(longestTimerMs)}` };
  };
  return readText(expected, read, { pattern: durationPattern, examples: ['250ms', '10s', '1m'] });
}

/** A number of requests in a period; `{ tokens, periodMs }` in the configuration. */
export function rate() {
  const expected = 'expected a rate such as 100/min, 5/s or 1000/h';
  const read = (text: string): Rate | Refusal => parseRate(text) ?? { problem: expected };
  return readText(expected, read, { pattern: ratePattern, examples: ['100/min', '5/s', '1000/h'] });
}

/** A size as text (`64KiB`) or as a number of bytes; bytes in the configuration. */
export function byteSize(smallestBytes: number, largestBytes: number = Number.MAX_SAFE_INTEGER) {
  const expected = 'expected a size such as 16KiB, 1MiB or 8192 (bytes)';
  const text = z.string().meta({ pattern: sizePattern, examples: ['16KiB', '1MiB'] });
  return z.union([text, z.number()], { error: expected }).transform((written, context): number => {
    const sizeBytes = parseByteSize(String(written));
    if (sizeBytes !== undefined && sizeBytes >= smallestBytes && sizeBytes <= largestBytes) return sizeBytes;
    const limits =
      largestBytes === Number.MAX_SAFE_INTEGER
        ? `expected a size of at least ${formatByteSize(smallestBytes)}`
        : `expected a size from ${formatByteSize(smallestBytes)} to ${formatByteSize(largestBytes)}`;
    context.issues.push({ code: 'custom', message: sizeBytes === undefined ? expected : limits, input: written });
    return z.NEVER;
  });
}

export function wholeNumber(smallest: number, largest: number) {
  const error = `expected a whole number from ${smallest} to ${largest}`;
  return z.int({ error }).min(smallest, { error }).max(largest, { error });
}

/** A number that need not be whole. */
export function fraction(smallest: number, largest: number) {
  const error = `expected a number from ${smallest} to ${largest}`;
  return z.number({ error }).min(smallest, { error }).max(largest, { error });
}

/** The address of a listener: `{ host, port }` in the configuration. */
export function address() {
  return readText('expected an address such as 0.0.0.0:8080, :8080, localhost:8080 or [::1]:8080', parseAddress, {
    pattern: addressPattern,
    examples: ['0.0.0.0:8080', ':8080', 'localhost:8080', '[::1]:8080'],
  });
}

/** The URL of a target: `{ url, host, port }` in the configuration. */
export function targetUrl() {
  return readText('expected a target such as http://10.0.0.1:8080', parseTargetUrl, {
    pattern: targetPattern,
    examples: ['http://10.0.0.1:8080'],
  });
}

/** An IP address or range, as it is written. */
export function cidr() {
  const expected = 'expected an IP address or a range such as 10.0.0.0/8 or fd00::/8';
  const findProblem = (text: string) => {
    try {
      parseCidr(text);
      return undefined;
    } catch (error) {
      if (!(error instanceof CidrSyntaxError)) throw error;
      return { problem: error.problem };
    }
  };
  return checkedText(expected, findProblem, { examples: ['10.0.0.0/8', 'fd00::/8'] });
}

/** What routes and upstreams are called: it appears in logs, metrics and URLs of the admin endpoints. */
export function name(what: string) {
  const expected = `expected a name for the ${what} of at most 64 letters, digits, "-", "_" and ".", not starting with a sign`;
  return z.string({ error: expected }).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: expected });
}
