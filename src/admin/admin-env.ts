import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { errorCodes, type ErrorCode } from '../core/error-codes.ts';
import { problemBody, type FieldError } from '../core/problem.ts';
import { refusalDetails } from '../core/refusal-details.ts';
import { problemResponse } from './endpoint.ts';

/** What the endpoints find on the context of a request. */
export interface AdminEnv {
  readonly Variables: {
    requestId: string;
    /** '' where nobody knows it. */
    clientIp: string;
  };
  /** Only where the request came over a socket, and not from a test. */
  readonly Bindings: { readonly incoming?: IncomingMessage };
}

export interface RefusalText {
  /** Default: the usual text of the code. */
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** What is wrong with a configuration. */
  readonly issues?: readonly object[];
}

/** The answer for what is refused, as a problem. */
export function refuse(ctx: Context<AdminEnv>, code: ErrorCode, { detail, ...lists }: RefusalText = {}): Response {
  const requestId = ctx.get('requestId');
  const body = problemBody({ code, detail: detail ?? refusalDetails[code], requestId, ...lists });
  return problemResponse(errorCodes[code].status, body);
}

/** Thrown by an endpoint to refuse a request; its answers by type are those of success. */
export class AdminRefusal extends Error {
  override readonly name = 'AdminRefusal';
  readonly code: ErrorCode;
  readonly text: RefusalText;

  constructor(code: ErrorCode, text: RefusalText = {}) {
    super(text.detail ?? refusalDetails[code]);
    this.code = code;
    this.text = text;
  }
}
