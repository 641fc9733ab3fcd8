import { errorCodes, type ErrorCode } from './error-codes.ts';

/** What is wrong with one field of a body. */
export interface FieldError {
  /** Its name, `permissions.0` for one of a list; as it was sent only where that resembles a name that is known. */
  readonly field: string;
  readonly message: string;
}

export interface ProblemContext {
  readonly code: ErrorCode;
  /** What happened and what the reader can do; no text of the request but a misspelled name, never an address of a target. */
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
