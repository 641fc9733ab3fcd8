import { isIP } from 'node:net';
import { z } from 'zod';
import type { Refusal } from '../config/address.ts';
import { byteSize, checkedText, duration, section, targetUrl, wholeNumber } from '../config/units.ts';
import { errorCodes } from '../core/error-codes.ts';
import { nearest } from '../lib/edit-distance.ts';
import { parseRequestLine } from './request-line.ts';
import { scalarText, textCondition } from './text-condition.ts';

const largestBody = 64 * 1024 * 1024;
const mostTimes = 100_000;

const fieldName = checkedText('expected the name of a header', (name) =>
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(name) ? undefined : { problem: 'expected the name of a header' },
);

const fieldText = scalarText.refine((text) => /^[ -~\u0080-\u00ff]*$/.test(text), {
  error: 'expected a text of one line, of characters that a header may hold',
});

/** Fields to send: a value, or a list of values for a field that stands several times. */
const fields = z
  .record(fieldName, z.union([fieldText, z.array(fieldText)], { error: 'expected a text or a list of texts' }), {
    error: 'expected a mapping of headers to values',
  })
  .transform((written) =>
    Object.entries(written).flatMap(([name, values]) =>
      (typeof values === 'string' ? [values] : values).map((value) => [name, value] as const),
    ),
  );

const conditions = z.record(fieldName, textCondition('equals'), {
  error: 'expected a mapping of headers to values, null for a header that is absent',
});

const name = (what: string) =>
  z
    .string({ error: `expected the name of ${what}` })
    .nullable()
    .optional();

const code = checkedText('expected the code of a refusal such as rate_limited', findCodeProblem).nullable().optional();

/** A number of requests: exactly, or about so many. */
const count = z.union([wholeNumber(0, mostTimes), section({ about: wholeNumber(0, mostTimes) })], {
  error: 'expected a number of requests such as 75, or { about: 75 }',
});

const expectation = section({
  /** Null where no answer comes. */
  status: wholeNumber(100, 599).nullable().optional(),
  code,
  route: name('a route'),
  upstream: name('an upstream'),
  target: targetUrl().nullable().optional(),
  attempts: z.array(targetUrl(), { error: 'expected a list of targets' }).optional(),
  retries: wholeNumber(0, 1000).optional(),
  policy: name('a policy'),
  /** What a policy that is only tried out would have refused the request with. */
  shadow: code,
  /** The name of the API key. */
  consumer: name('a key'),
  headers: conditions.optional(),
  body: textCondition('contains').optional(),
  forwarded: section({
    method: z.string({ error: 'expected a method' }).optional(),
    path: textCondition('equals').optional(),
    headers: conditions.optional(),
    body: textCondition('contains').optional(),
  })
    .nullable()
    .optional(),
  /** From the first byte of the request to the last of the answer. */
  took: duration(0).optional(),
  cut: z.boolean({ error: 'expected true or false' }).optional(),
  /** How many of the requests of a step each target got; see `compareSpread` for `about`. */
  spread: z.record(z.string(), count, { error: 'expected a mapping of targets to numbers of requests' }).optional(),
});

const answer = section({
  status: wholeNumber(200, 599).prefault(200),
  headers: fields.prefault({}),
  body: z.string({ error: 'expected a text' }).optional(),
  json: z.unknown().optional(),
  delay: duration(0).prefault('0s'),
  /** The connection breaks within the body. */
  broken: z.boolean({ error: 'expected true or false' }).prefault(false),
});

const flag = z.literal(true, { error: 'expected true' }).optional();

const targetList = z
  .union([targetUrl().transform((target) => [target]), z.array(targetUrl())], {
    error: 'expected a target such as http://10.0.0.1:8080, or a list of them',
  })
  .optional();

const shape = {
  request: checkedText('expected a request such as GET /users', findRequestProblem).optional(),
  headers: fields.optional(),
  body: z.string({ error: 'expected a text' }).optional(),
  json: z.unknown().optional(),
  body_size: byteSize(0, largestBody).optional(),
  client_ip: checkedText('expected an IP address', (text) =>
    isIP(text) === 0 ? { problem: 'expected an IP address such as 192.0.2.7' } : undefined,
  ).optional(),
  times: wholeNumber(1, mostTimes).optional(),
  /** False: the next step begins while the request is under way. */
  wait: z.boolean({ error: 'expected true or false' }).optional(),
  expect: expectation.optional(),
  target: targetUrl().optional(),
  upstream: z.string({ error: 'expected the name of an upstream' }).optional(),
  answers: z
    .union([answer.transform((one) => [one]), z.array(answer).min(1, { error: 'give at least one answer' })], {
      error: 'expected an answer such as { status: 500 }, or a list of answers',
    })
    .optional(),
  refuses: flag,
  unreachable: flag,
  hangs: flag,
  resets: flag,
  advance: duration().optional(),
  healthy: targetList,
  unhealthy: targetList,
};

type Key = keyof typeof shape;

const behaviours = ['answers', 'refuses', 'unreachable', 'hangs', 'resets'] as const;
const ofRequests: readonly Key[] = ['headers', 'body', 'json', 'body_size', 'client_ip', 'times', 'wait', 'expect'];
const ofTargets: readonly Key[] = ['target', 'upstream', ...behaviours];
const alone: readonly Key[] = ['advance', 'healthy', 'unhealthy'];
const kindsOfStep =
  'a step has one of request, advance, healthy, unhealthy, or a target or upstream with what it does from now on';

/** One step of a test: a request, or something that changes for the requests after it. */
export const step = section(shape).superRefine((written, context) => {
  const keys = (Object.keys(written) as Key[]).filter((key) => written[key] !== undefined);
  const complain = (key: Key | null, message: string) =>
    context.addIssue({ code: 'custom', message, path: key === null ? [] : [key] });
  const kinds = keys.filter((key) => key === 'request' || alone.includes(key));
  const aboutTargets = keys.filter((key) => ofTargets.includes(key));
  const [first, second] = [...kinds, ...aboutTargets.slice(0, 1)];
  if (first === undefined) return complain(null, kindsOfStep);
  if (second !== undefined) return complain(second, `${kindsOfStep}: ${first} and ${second} are two steps`);
  const stray = keys.find((key) => ofRequests.includes(key) && first !== 'request');
  if (stray !== undefined) return complain(stray, `${stray} belongs to a step with a request`);
  const bodies = keys.filter((key) => key === 'body' || key === 'json' || key === 'body_size');
  if (bodies[1] !== undefined) complain(bodies[1], 'a request has one of body, json and body_size');
  if (aboutTargets.length > 0) checkBehaviour(aboutTargets, complain);
});

function checkBehaviour(keys: readonly Key[], complain: (key: Key | null, message: string) => void): void {
  const what = keys.filter((key) => key !== 'target' && key !== 'upstream');
  const list = behaviours.join(', ');
  if (what.length === keys.length) return complain(what[0] ?? null, 'name the target or the upstream that does this');
  if (what.length === 0) return complain(null, `say what it does from now on: one of ${list}`);
  if (what[1] !== undefined) complain(what[1], `one at a time: ${list}`);
}

function findRequestProblem(text: string): Refusal | undefined {
  const line = parseRequestLine(text);
  return 'problem' in line ? line : undefined;
}

function findCodeProblem(text: string): Refusal | undefined {
  if (Object.hasOwn(errorCodes, text)) return undefined;
  const suggestion = nearest(text, Object.keys(errorCodes));
  return {
    problem: 'no refusal has this code: docs/errors.md lists them',
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

export type Step = z.output<typeof step>;
export type Expectation = z.output<typeof expectation>;
export type AnswerStep = z.output<typeof answer>;
