import { inspect } from 'node:util';
import { errorCodes } from '../core/error-codes.ts';
import { findFieldProblem } from '../core/field-lines.ts';
import type { Policy, PolicyExplanation, Verdict } from '../core/policy.ts';
import type { Reply } from '../core/reply.ts';
import { guardExchange } from './guarded-exchange.ts';

/**
 * A policy of a user's own, with what it returns and writes looked at: what is wrong is thrown, and so ends this request
 * and nothing else. Policies that the gateway brings need none of this.
 */
export function guardPolicy(policy: Policy): Policy {
  return {
    ...(policy.onRequest === undefined
      ? {}
      : {
          onRequest: (exchange) => {
            const verdict = policy.onRequest?.(guardExchange(exchange));
            if (verdict === undefined) return undefined;
            return verdict instanceof Promise ? verdict.then(checkVerdict) : checkVerdict(verdict);
          },
        }),
    ...(policy.onResponse === undefined
      ? {}
      : { onResponse: (exchange, answer) => policy.onResponse?.(guardExchange(exchange), answer) }),
    ...(policy.onFinish === undefined ? {} : { onFinish: (exchange) => policy.onFinish?.(guardExchange(exchange)) }),
    ...(policy.explain === undefined
      ? {}
      : { explain: (exchange, verdict) => checkExplanation(policy.explain?.(guardExchange(exchange), verdict)) }),
  };
}

/** A copy of what was returned, which nobody changes after it has been looked at. */
function checkVerdict(verdict: unknown): Verdict {
  if (verdict === undefined) return undefined;
  if (typeof verdict !== 'object' || verdict === null) throw wrongVerdict(verdict);
  // Whoever writes JavaScript hears nothing of types.
  const { code, status, fields, body }: Record<string, unknown> = { ...verdict };
  if (code !== undefined) {
    if (!isErrorCode(code)) throw wrongVerdict(verdict, `${describe(code)} is no code of a refusal`);
    return fields === undefined ? { code } : { code, fields: checkFields(verdict, fields) };
  }
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    throw wrongVerdict(verdict, 'its status is no whole number from 200 to 599');
  }
  if (typeof body !== 'string') throw wrongVerdict(verdict, 'its body is no text');
  return { status, fields: checkFields(verdict, fields), body };
}

function isErrorCode(code: unknown): code is keyof typeof errorCodes {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code);
}

function checkFields(verdict: object, fields: unknown): Reply['fields'] {
  if (!Array.isArray(fields)) throw wrongVerdict(verdict, 'its fields are no list');
  return fields.map((pair: unknown) => {
    const [name, value] = Array.isArray(pair) && pair.length === 2 ? (pair as unknown[]) : [];
    const problem = findFieldProblem(name, value);
    if (problem !== undefined) throw wrongVerdict(verdict, problem);
    return [String(name), String(value)] as const;
  });
}

function checkExplanation(told: PolicyExplanation | undefined): PolicyExplanation {
  const isRight = typeof told?.reason === 'string' && typeof told.skipped === 'boolean';
  if (!isRight) throw new TypeError(`it returned ${describe(told)} where { skipped, reason } is meant`);
  return told;
}

function wrongVerdict(verdict: unknown, problem?: string): TypeError {
  const meant = 'nothing, a refusal { code, fields } or an answer { status, fields, body }';
  return new TypeError(
    `onRequest returned ${describe(verdict)} where ${meant} is meant${problem === undefined ? '' : `: ${problem}`}`,
  );
}

/** On one line, and short: it stands in the log. */
function describe(value: unknown): string {
  const shown = inspect(value, {
    depth: 2,
    maxArrayLength: 4,
    maxStringLength: 40,
    breakLength: Infinity,
    compact: true,
  });
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}
