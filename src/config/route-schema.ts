import { z } from 'zod';
import { findTemplateProblem } from '../core/template.ts';
import { isHostName, type Refusal } from './address.ts';
import { headerName, template } from './field-schemas.ts';
import { findPatternProblem } from './path-pattern.ts';
import type { policyList } from './policy-schema.ts';
import { byteSize, checkedText, fraction, name, section, wholeNumber } from './units.ts';

const mebibyte = 1024 * 1024;

/** What the value of a field or of a query parameter has to be: exactly one of these keys. */
const condition = z.union(
  [
    z.string().transform((equals): Condition => ({ equals })),
    section({
      equals: z.string().optional(),
      prefix: z.string().min(1, { error: 'expected the beginning of a value' }).optional(),
      one_of: z.array(z.string()).min(1, { error: 'expected a list of at least one value' }).optional(),
      present: z.boolean().optional(),
    }).transform(readCondition),
  ],
  { error: 'expected a value, or a mapping with one of equals, prefix, one_of (a list) and present (true or false)' },
);

/** One of these. */
export interface Condition {
  readonly equals?: string;
  readonly prefix?: string;
  readonly one_of?: readonly string[];
  readonly present?: boolean;
}

function readCondition(
  written: { [Key in keyof Condition]?: Condition[Key] | undefined },
  context: z.core.$RefinementCtx,
): Condition {
  const given = Object.entries(written).filter(([, value]) => value !== undefined);
  if (given.length === 1) return Object.fromEntries(given);
  const message = 'expected exactly one of equals, prefix, one_of and present';
  context.issues.push({ code: 'custom', message, input: written });
  return z.NEVER;
}

const match = section({
  path: checkedText('expected a path such as /api/users/* or /users/{id}', findPatternProblem).prefault('/*'),
  host: checkedText('expected a host such as example.com or *.example.com', findHostProblem)
    .transform((host) => host.toLowerCase())
    .optional(),
  methods: z
    .array(checkedText('expected a method such as GET', findMethodProblem), {
      error: 'expected a list of methods such as [GET, POST]',
    })
    .min(1, { error: 'name at least one method, or leave "methods" out to match every method' })
    .optional(),
  headers: z.record(headerName(), condition, { error: 'expected a mapping of header names to values' }).prefault({}),
  query: z
    .record(z.string().min(1, { error: 'expected the name of a parameter' }), condition, {
      error: 'expected a mapping of query parameters to values',
    })
    .prefault({}),
});

const rewrite = section({
  /** A beginning of the route's path, in whole segments, that the target does not get. */
  strip_prefix: checkedText('expected a path such as /api', findPrefixProblem).optional(),
  /** The path that the target gets. */
  path: checkedText('expected a path such as /v2/users/{id} or /internal/{*}', findRewriteProblem).optional(),
  /** The `Host` that the target gets in place of its own; `{request.host}` passes the client's on. */
  host: template('expected a host such as internal.example or {request.host}').optional(),
});

const redirect = section({
  to: template('expected a location such as https://www.example.com/{*}'),
  status: z
    .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)], {
      error: 'expected one of 301, 302, 303, 307, 308',
    })
    .prefault(308),
  /** The query of the request is added to the location. */
  keep_query: z.boolean().prefault(true),
});

/** An answer of the gateway's own, for a route or as a policy. */
export function fixedAnswer() {
  return section({
    status: wholeNumber(200, 599).prefault(200),
    body: checkedText('expected the text of the answer', (text) => findTemplateProblem(text, null)).prefault(''),
    headers: z
      .record(headerName(), template('expected the value of a header'), {
        error: 'expected a mapping of header names to values',
      })
      .prefault({}),
  });
}

const share = section({
  upstream: z.string({ error: 'expected the name of an upstream' }),
  weight: wholeNumber(0, 1_000_000).prefault(1),
});

const mirror = section({
  upstream: z.string({ error: 'expected the name of an upstream' }),
  /** The part of the requests that are copied. */
  share: fraction(0, 1).prefault(1),
  /** Requests with larger bodies are not copied. */
  body_limit: byteSize(0, mebibyte).prefault('64KiB'),
});

export function createRoute(policies: ReturnType<typeof policyList>) {
  return section({
    name: name('route'),
    match: match.prefault({}),
    policies,
    rewrite: rewrite.optional(),
    /** One of these four says what becomes of the request. */
    upstream: z.string({ error: 'expected the name of an upstream' }).optional(),
    split: z
      .array(share, {
        error: 'expected a list such as [{ upstream: stable, weight: 9 }, { upstream: next, weight: 1 }]',
      })
      .min(2, { error: 'a split needs at least two upstreams' })
      .optional(),
    redirect: redirect.optional(),
    respond: fixedAnswer().optional(),
    mirror: mirror.optional(),
  });
}

function findPrefixProblem(prefix: string): Refusal | undefined {
  if (prefix.endsWith('*') || prefix.includes('{')) {
    return { problem: 'expected a fixed path such as /api, without * and parameters' };
  }
  if (prefix.endsWith('/')) return { problem: 'expected a path without a slash at its end, such as /api' };
  return findPatternProblem(prefix);
}

const rewritePlace = /\{(?:\*|[A-Za-z_][A-Za-z0-9_]*)\}/g;

function findRewriteProblem(text: string): Refusal | undefined {
  const templateProblem = findTemplateProblem(text, null);
  if (templateProblem !== undefined) return templateProblem;
  const fixed = text.replace(rewritePlace, 'x');
  if (/[{}*]/.test(fixed)) return { problem: 'expected a path with parameters of the route such as {id} and {*} only' };
  return findPatternProblem(fixed);
}

function findHostProblem(host: string): Refusal | undefined {
  const withoutWildcard = host.startsWith('*.') ? host.slice(2) : host;
  if (isHostName(withoutWildcard)) return undefined;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host) || /^\[[\da-f:.]+\]$/i.test(host)) return undefined;
  return { problem: 'expected a host such as example.com or *.example.com, without scheme and port' };
}

function findMethodProblem(method: string): Refusal | undefined {
  // RFC 9110 section 9.1: a method is a token, and its case matters.
  if (/^[A-Z0-9!#$%&'*+.^_`|~-]{1,32}$/.test(method)) return undefined;
  const upper = method.toUpperCase();
  if (/^[A-Z]{1,32}$/.test(upper)) return { problem: 'expected a method in capital letters', suggestion: upper };
  return { problem: 'expected a method such as GET' };
}
