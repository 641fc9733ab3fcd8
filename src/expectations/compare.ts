import type { DocumentPath } from '../config/document-path.ts';
import { describeValue, isSecretName } from '../config/secrets.ts';
import { formatDuration } from '../lib/duration.ts';
import { fieldValueOf, type FieldList } from '../simulation/received-request.ts';
import type { Outcome } from '../simulation/request-run.ts';
import type { Expectation } from './step-schema.ts';
import { describeCondition, meets, type TextCondition } from './text-condition.ts';

/** One thing that is not as it was expected. */
export interface Mismatch {
  /** Within the expectation. */
  readonly path: DocumentPath;
  readonly expected: string;
  readonly actual: string;
}

type Plain = string | number | boolean | null;

/** Fields that hold credentials without being called so. */
const credentialFields = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);

/** What of an expectation an outcome does not meet, but for how the requests of a step are spread. */
export function compareOutcome(expected: Expectation, outcome: Outcome): Mismatch[] {
  const found: Mismatch[] = [
    ...comparePlain(expected, outcome),
    ...compareFields(expected.headers ?? {}, outcome.fields, ['headers']),
    ...compareText(expected.body, outcome.status === null ? null : outcome.body, ['body']),
    ...compareForwarded(expected.forwarded, outcome),
  ];
  if (expected.attempts !== undefined) {
    const wanted = expected.attempts.map(({ url }) => url).join(', ');
    const actual = outcome.attempts.join(', ');
    if (wanted !== actual) {
      found.push({
        path: ['attempts'],
        expected: wanted === '' ? 'none' : wanted,
        actual: actual === '' ? 'none' : actual,
      });
    }
  }
  return found;
}

/** What `about` leaves room for, as a part of all requests of the step. */
const tolerance = 0.05;

/**
 * How the requests of one step are spread over the targets. About so many are at most a twentieth of the requests of the
 * step more or fewer, and one at least.
 */
export function compareSpread(
  expected: NonNullable<Expectation['spread']>,
  outcomes: readonly Outcome[],
  normalise: (target: string) => string,
): Mismatch[] {
  return Object.entries(expected).flatMap(([target, wanted]) => {
    const actual = outcomes.filter((outcome) => outcome.target === normalise(target)).length;
    const number = typeof wanted === 'number' ? wanted : wanted.about;
    const room = typeof wanted === 'number' ? 0 : Math.max(1, Math.floor(outcomes.length * tolerance));
    if (Math.abs(actual - number) <= room) return [];
    const range = room === 0 ? String(number) : `${Math.max(0, number - room)} to ${number + room}`;
    return [{ path: ['spread', target], expected: `${range} requests`, actual: String(actual) }];
  });
}

function comparePlain(expected: Expectation, outcome: Outcome): Mismatch[] {
  const tookMs = Math.round(outcome.tookMs);
  const pairs: readonly (readonly [keyof Expectation, Plain | undefined, Plain])[] = [
    ['status', expected.status, outcome.status],
    ['code', expected.code, outcome.code],
    ['route', expected.route, outcome.route],
    ['policy', expected.policy, outcome.policy],
    ['shadow', expected.shadow, outcome.shadow],
    ['consumer', expected.consumer, outcome.consumer],
    ['upstream', expected.upstream, outcome.upstream],
    ['target', expected.target === null ? null : expected.target?.url, outcome.target],
    ['retries', expected.retries, outcome.retries],
    ['took', expected.took === undefined ? undefined : formatDuration(expected.took), formatDuration(tookMs)],
    ['cut', expected.cut, outcome.cut],
  ];
  return pairs
    .filter(([, wanted, actual]) => wanted !== undefined && wanted !== actual)
    .map(([name, wanted, actual]) => ({ path: [name], expected: describe(wanted), actual: describe(actual) }));
}

function compareForwarded(expected: Expectation['forwarded'], { forwarded }: Outcome): Mismatch[] {
  if (expected === undefined) return [];
  const path = ['forwarded'];
  if (expected === null || forwarded === null) {
    if (expected === forwarded) return [];
    const actual = forwarded === null ? 'nothing' : `${forwarded.method} ${forwarded.path}`;
    return [{ path, expected: expected === null ? 'nothing' : 'a request', actual }];
  }
  const found: Mismatch[] = [
    ...compareText(expected.path, forwarded.path, [...path, 'path']),
    ...compareFields(expected.headers ?? {}, forwarded.fields, [...path, 'headers']),
    ...compareText(expected.body, forwarded.body, [...path, 'body']),
  ];
  if (expected.method === undefined || expected.method === forwarded.method) return found;
  return [{ path: [...path, 'method'], expected: expected.method, actual: forwarded.method }, ...found];
}

function compareFields(
  expected: Readonly<Record<string, TextCondition>>,
  fields: FieldList,
  path: DocumentPath,
): Mismatch[] {
  return Object.entries(expected).flatMap(([name, condition]) => {
    const isSecret = isSecretName(name) || credentialFields.has(name.toLowerCase());
    return compareText(condition, fieldValueOf(fields, name), [...path, name], isSecret);
  });
}

function compareText(
  condition: TextCondition | undefined,
  actual: string | null,
  path: DocumentPath,
  isSecret = false,
): Mismatch[] {
  if (condition === undefined || meets(condition, actual)) return [];
  const expected = isSecret && condition !== null ? 'another value' : describeCondition(condition);
  return [{ path, expected, actual: actual === null ? 'none' : describeValue(actual, isSecret) }];
}

function describe(value: Plain | undefined): string {
  return value === null ? 'none' : String(value);
}
