import { fieldRole } from '../core/field-names.ts';
import {
  definePolicy,
  type OptionKit,
  type Policy,
  type PolicyExchange,
  type PolicyExplanation,
  type Verdict,
} from '../core/policy.ts';
import type { Reply } from '../core/reply.ts';

const simpleMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const usualHeaders = ['Content-Type', 'Authorization', 'X-API-Key', 'X-Request-Id'];
const tellingHeaders = [
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
];

/** Lets pages of other origins use the answers, and answers preflight requests itself (Fetch standard, CORS protocol). */
export const cors = definePolicy({
  name: 'cors',
  summary: 'Answers CORS preflight requests and marks answers as readable by the named origins.',
  options: ({ z, section, duration }) =>
    section({
      origins: z
        .array(
          z
            .string({ error: 'expected an origin such as https://app.example.com, or *' })
            .regex(/^\*$|^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/, {
              error: 'expected an origin such as https://app.example.com without a path, or *',
            }),
        )
        .min(1, { error: 'name at least one origin, or "*" for any' })
        .prefault(['*'])
        .describe('Whose pages may use the answers: origins such as `https://app.example.com`, or `"*"` for all.'),
      methods: z
        .array(z.string().regex(/^[A-Z]{1,32}$/, { error: 'expected a method such as GET' }))
        .prefault(simpleMethods)
        .describe('Methods that a page may use.'),
      headers: z.array(fieldName(z)).prefault(usualHeaders).describe('Headers that a page may send.'),
      expose: z.array(fieldName(z)).prefault(tellingHeaders).describe('Headers of an answer that a page may read.'),
      max_age: duration(0).prefault('10m').describe('How long a browser keeps the answer to a preflight request.'),
    }),
  notes: [
    'Put it first: a preflight request (`OPTIONS` with `Access-Control-Request-Method`) has no key and no credentials, and the policy answers it with 204. What it says on answers it says on refusals by later policies too, so that a page can read why it was refused.',
    "CORS fields of a target's own are replaced. The answers are marked for use without credentials: a browser sends no cookies of the gateway's origin along.",
  ],
  create: (options) => new CorsPolicy(options),
});

function fieldName(z: OptionKit['z']) {
  return z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, { error: 'expected the name of a field' });
}

interface CorsOptions {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly expose: readonly string[];
  readonly max_age: number;
}

class CorsPolicy implements Policy {
  private readonly anyOrigin: boolean;
  private readonly origins: ReadonlySet<string>;
  private readonly preflightFields: Reply['fields'];
  private readonly anyOriginLines: string;
  private readonly exposeLine: string;

  constructor(options: CorsOptions) {
    this.anyOrigin = options.origins.includes('*');
    this.origins = new Set(options.origins);
    this.preflightFields = [
      ['Access-Control-Allow-Methods', options.methods.join(', ')],
      ['Access-Control-Allow-Headers', options.headers.join(', ')],
      ['Access-Control-Max-Age', String(Math.floor(options.max_age / 1000))],
    ];
    this.exposeLine =
      options.expose.length === 0 ? '' : `Access-Control-Expose-Headers: ${options.expose.join(', ')}\r\n`;
    this.anyOriginLines = `Access-Control-Allow-Origin: *\r\n${this.exposeLine}`;
  }

  onRequest(exchange: PolicyExchange): Verdict {
    const { head } = exchange;
    const origin = head.get('origin');
    // Without an Origin there is nobody to tell; a cache in between has to know that the answer depends on it, though.
    if (this.anyOrigin) exchange.replaceOnAnswer(fieldRole.cors, this.anyOriginLines);
    else if (origin !== undefined && this.origins.has(origin))
      exchange.replaceOnAnswer(fieldRole.cors, this.linesFor(origin));
    else exchange.replaceOnAnswer(fieldRole.cors, 'Vary: Origin\r\n');
    const isPreflight = head.method === 'OPTIONS' && head.get('access-control-request-method') !== undefined;
    if (!isPreflight) return undefined;
    const allowed = this.anyOrigin || (origin !== undefined && this.origins.has(origin));
    return { status: 204, fields: allowed ? this.preflightFields : [], body: '' };
  }

  explain({ head }: PolicyExchange, verdict: Verdict): PolicyExplanation {
    const origin = head.get('origin');
    const isAllowed = this.anyOrigin || (origin !== undefined && this.origins.has(origin));
    if (origin === undefined) return { skipped: true, reason: 'there is no Origin: it is no request of a page' };
    const reason = isAllowed ? `pages of ${origin} may use the answer` : `pages of ${origin} may not use the answer`;
    return { skipped: false, reason: verdict === undefined ? reason : `a preflight request is answered: ${reason}` };
  }

  private linesFor(origin: string): string {
    return `Access-Control-Allow-Origin: ${origin}\r\nVary: Origin\r\n${this.exposeLine}`;
  }
}
