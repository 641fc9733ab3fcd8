import { errorCodes, type ErrorCode } from './error-codes.ts';

export interface ProblemContext {
  readonly code: ErrorCode;
  /** What happened and what the reader can do; never text taken from the request, never an address of a target. */
  readonly detail: string;
  readonly requestId: string;
}

/**
 * The body of an error that the gateway itself makes: problem details (RFC 9457, section 3), with `error` and
 * `message` beside them for clients that know only those.
 */
export function problemBody({ code, detail, requestId }: ProblemContext): string {
  const { status, title } = errorCodes[code];
  return JSON.stringify({
    type: `urn:sluice:error:${code}`,
    title,
    status,
    detail,
    instance: `urn:sluice:request:${requestId}`,
    error: title,
    message: detail,
    code,
    request_id: requestId,
  });
}
