import type { ErrorCode } from '../core/error-codes.ts';
import type { AttemptFailure, UpstreamConnection } from '../upstream/upstream-connection.ts';

/** The code of an answer for what became of an attempt. */
export const failureCodes: Readonly<Record<AttemptFailure, ErrorCode>> = {
  unreachable: 'upstream_unreachable',
  connect_timeout: 'upstream_connect_timeout',
  closed_before_answer: 'upstream_reset',
  closed_in_answer: 'upstream_reset',
  invalid_answer: 'upstream_invalid_response',
};

/** Whether a failure means that nothing of the request has reached the target. */
export function isUnsent(failure: AttemptFailure): boolean {
  return failure === 'unreachable' || failure === 'connect_timeout';
}

/** RFC 9112, 9.3.1: a kept connection may have been closed by the target just when the request was written to it. */
export function isClosedWhileKept(failure: AttemptFailure, connection: UpstreamConnection | null): boolean {
  return failure === 'closed_before_answer' && connection?.reused === true;
}

/** Seconds for a `Retry-After` field, at least one. */
export function retryAfterField(milliseconds: number): readonly (readonly [string, string])[] {
  return [['Retry-After', String(Math.max(1, Math.ceil(milliseconds / 1000)))]];
}
