import { z } from 'zod';
import { findLocationProblem } from '../core/redirect-location.ts';
import { findTemplateProblem } from '../core/template.ts';
import { isHostName, parseAddress, type Refusal } from './address.ts';
import { fixedAnswer, headerName } from './field-schemas.ts';
import { findPatternProblem } from './path-pattern.ts';
import type { policyList } from './policy-schema.ts';
import { byteSize, checkedText, fraction, name, section, wholeNumber } from './units.ts';

const mebibyte = 1024 * 1024;

/** What the value of a field or of a query parameter has to be: exactly one of these keys. */
const condition = z.union(
  [
    z.string().transform((equals): Condition => ({ equals })),
    section({
      equals: z.string({ error: 'expected a text' }).optional().describe('The whole value.'),
      prefix: z
        .string({ error: 'expected the beginning of a value' })
        .min(1, { error: 'expected the beginning of a value' })
        .optional()
        .describe('How the value begins.'),
      one_of: z
        .array(z.string({ error: 'expected a text' }), { error: 'expected a list of values' })
        .min(1, { error: 'name at least one value' })
        .optional()
        .describe('The values that it may be.'),
      present: z.boolean({ error: 'expected true or false' }).optional().describe('Whether there is one at all.'),
    })
      .meta({ minProperties: 1, maxProperties: 1 })
      .transform(readCondition),
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
  // A key that is not known is told already.
  const message = 'give exactly one of equals, prefix, one_of and present';
  if (context.issues.length === 0) context.issues.push({ code: 'custom', message, input: written });
  return z.NEVER;
}

const match = section({
  path: checkedText('expected a path such as /api/users/* or /users/{id}', findPatternProblem, {
    pattern: '^/',
    examples: ['/api/users/*', '/users/{id}', '/*'],
  })
    .prefault('/*')
    .describe('/a/b is that path alone, /a/* also everything below, and {id} stands for one segment.'),
  host: checkedText('expected a host such as example.com or *.example.com', findHostProblem, {
    examples: ['example.com', '*.example.com'],
  })
    .transform((host) => host.toLowerCase())
    .optional()
    .describe('A host, or *. and a domain for everything below it; without a port.'),
  methods: z
    .array(checkedText('expected a method such as GET', findMethodProblem, { examples: ['GET', 'POST'] }), {
      error: 'expected a list of methods such as [GET, POST]',
    })
    .min(1, { error: 'name at least one method, or leave "methods" out to match every method' })
    .optional()
    .describe('In capital letters; every method where it is left out.'),
  headers: z
    .record(headerName(), condition, { error: 'expected a mapping of header names to values' })
    .prefault({})
    .describe('What header fields have to be, by name.'),
  query: z
    .record(z.string().min(1, { error: 'expected the name of a parameter' }), condition, {
      error: 'expected a mapping of query parameters to values',
    })
    .prefault({})
    .describe('What parameters of the query have to be, by name.'),
});

const rewrite = section({
  strip_prefix: checkedText('expected a path such as /api', findPrefixProblem, { pattern: '^/', examples: ['/api'] })
    .optional()
    .describe("A beginning of the route's path, in whole segments, that the target does not get."),
  path: checkedText('expected a path such as /v2/users/{id} or /internal/{*}', findRewriteProblem, {
    pattern: '^/',
    examples: ['/v2/users/{id}', '/internal/{*}'],
  })
    .optional()
    .describe('The path that the target gets.'),
  host: checkedText('expected a host such as internal.example or {request.host}', findSentHostProblem, {
    examples: ['internal.example', '{request.host}'],
  })
    .optional()
    .describe("The Host that the target gets in place of its own; {request.host} passes the client's on."),
});

const redirect = section({
  to: checkedText('expected a location such as https://www.example.com/{*} or /new/{id}', findLocationProblem, {
    examples: ['https://www.example.com/{*}', 'https://{request.host}{request.path}', '/new/{id}'],
  }).describe('The location, with places in braces that are filled in for each request.'),
  status: z
    .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)], {
      error: 'expected one of 301, 302, 303, 307, 308',
    })
    .prefault(308)
    .describe('301 and 308 are for good, the others for now; 307 and 308 keep the method.'),
  keep_query: z
    .boolean({ error: 'expected true or false' })
    .prefault(true)
    .describe('Adds the query of the request to the location.'),
});

const share = section({
  upstream: upstreamName().describe('The name of an upstream.'),
  weight: wholeNumber(0, 1_000_000).prefault(1).describe('Its share of the requests, beside those of the others.'),
});

const mirror = section({
  upstream: upstreamName().describe('The upstream that gets the copies; its answers go nowhere.'),
  share: fraction(0, 1).prefault(1).describe('The part of the requests that are copied.'),
  body_limit: byteSize(0, mebibyte).prefault('64KiB').describe('Requests with larger bodies are not copied.'),
});

export function createRoute(policies: ReturnType<typeof policyList>) {
  const destinations = ['upstream', 'split', 'redirect', 'respond'];
  return section({
    name: name('route').describe('Unique; stands in logs and metrics.'),
    match: match.prefault({}).describe('Which requests the route is for; all of it has to hold.'),
    policies: policies.describe("After the gateway's, in the order written."),
    rewrite: rewrite.optional().describe('What the target gets in place of what the client sent.'),
    upstream: upstreamName().optional().describe('Where requests go: the name of an upstream.'),
    split: z
      .array(share, {
        error: 'expected a list such as [{ upstream: stable, weight: 9 }, { upstream: next, weight: 1 }]',
      })
      .min(2, { error: 'a split needs at least two upstreams' })
      .optional()
      .describe('Where requests go: several upstreams, by weight.'),
    redirect: redirect.optional().describe('Sends the client elsewhere.'),
    respond: fixedAnswer().optional().describe("An answer of the gateway's own."),
    mirror: mirror.optional().describe('Copies requests to another upstream.'),
  }).meta({ oneOf: destinations.map((key) => ({ required: [key] })) });
}

function upstreamName() {
  return z.string({ error: 'expected the name of an upstream' });
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
  const withoutPlaces = text.split('/').map((segment) => segment.replace(rewritePlace, ''));
  if (withoutPlaces.some((segment) => /^\.{1,2}(?:;|$)/.test(segment))) {
    return { problem: 'a segment of dots and a parameter may turn out to be "..": write the parameter alone' };
  }
  return findPatternProblem(fixed);
}

/** A `Host` with a port or without, or a template that becomes one. */
function findSentHostProblem(text: string): Refusal | undefined {
  const problem = findTemplateProblem(text, null);
  if (problem !== undefined) return problem;
  const filled = text.replace(/\{[^{}]*\}/g, 'x');
  const address = parseAddress(/:\d+$/.test(filled) ? filled : `${filled}:80`);
  if ('host' in address && !filled.startsWith(':')) return undefined;
  return { problem: 'expected a host such as internal.example, internal.example:8080 or {request.host}' };
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
