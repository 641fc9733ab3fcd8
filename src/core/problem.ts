import { errorCodes, type ErrorCode } from './error-codes.ts';

/** What is wrong with one field of a body. */
export interface FieldError {
  /** Its name as the endpoint knows it, `permissions.0` for one of a list. */
  readonly field: string;
  readonly message: string;
}

export interface ProblemContext {
  readonly code: ErrorCode;
  /** What happened and what the reader can do; never text taken from the request, never an address of a target. */
  readonly detail: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[] | undefined;
  /** What is wrong with a configuration, each with its place. */
  readonly issues?: readonly object[] | undefined;
}

/**
 * The body of an error that the gateway itself makes: problem details (RFC 9457, section 3), with `error` and
 * `message` beside them for clients that know only those, and with `errors` or `issues` where several things may be at fault.
 */
export function problemBody({ code, detail, requestId, errors, issues }: ProblemContext): string {
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
    errors,
    issues,
  });
}
