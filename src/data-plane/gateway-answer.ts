import { errorCodes, type ErrorCode } from '../core/error-codes.ts';
import type { PolicyAnswer } from '../core/policy.ts';
import { problemBody } from '../core/problem.ts';
import { refusalDetails } from '../core/refusal-details.ts';
import type { Reply } from '../core/reply.ts';

const everyMethod: Reply['fields'] = [['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']];

/** A refusal is true of this request only, and names its id: nothing keeps it, and no browser reads markup into it. */
const problemFields: Reply['fields'] = [
  ['Content-Type', 'application/problem+json'],
  ['Cache-Control', 'no-store'],
  ['X-Content-Type-Options', 'nosniff'],
];

/** The problem that a refusal is answered with (RFC 9457). */
export function problemReply(code: ErrorCode, fields: Reply['fields'] | undefined, requestId: string): Reply {
  const more = fields ?? (code === 'method_not_allowed' ? everyMethod : []);
  return {
    status: errorCodes[code].status,
    fields: [...problemFields, ...more],
    body: problemBody({ code, detail: refusalDetails[code], requestId }),
  };
}

/** An answer of the gateway's own, as the policies that follow it see it. */
export class ReplyAnswer implements PolicyAnswer {
  readonly status: number;
  fields: Reply['fields'];

  constructor(reply: Reply) {
    this.status = reply.status;
    this.fields = reply.fields;
  }

  get(lowerName: string): string | undefined {
    return this.fields.find(([name]) => name.toLowerCase() === lowerName)?.[1];
  }

  remove(lowerName: string): void {
    this.fields = this.fields.filter(([name]) => name.toLowerCase() !== lowerName);
  }
}
