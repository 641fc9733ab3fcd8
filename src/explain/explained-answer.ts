import type { ErrorCode } from '../core/error-codes.ts';
import type { AnswerFinding } from '../core/explanation.ts';
import type { Reply } from '../core/reply.ts';
import { problemReply, ReplyAnswer } from '../data-plane/gateway-answer.ts';
import { runResponsePolicies } from '../data-plane/run-policies.ts';
import type { ExplainedRequest } from './explained-request.ts';
import type { Fate } from './fate.ts';
import { splitField } from './sent-request.ts';

/** Of a body, so many characters are shown. */
const shownBody = 400;

export interface ExplainedAnswer {
  /** Null for an answer that is no refusal. */
  readonly code: ErrorCode | null;
  readonly finding: AnswerFinding;
}

/** The gateway's own answer to a request, as its response policies leave it; null where a target answers. */
export function answerOf(request: ExplainedRequest, { refusal, reply }: Fate): ExplainedAnswer | null {
  const { requestId, route } = request;
  if (refusal === null && reply === null) return null;
  const own = reply ?? problemReply(refusal?.code ?? 'internal_error', refusal?.fields, requestId);
  const code = refusal?.code ?? null;
  if (route === null) return describeAnswer(request, own, code);
  const answer = new ReplyAnswer(own);
  if (runResponsePolicies(request, route, answer)) {
    return describeAnswer(request, { ...own, fields: answer.fields }, code);
  }
  return describeAnswer(request, problemReply('internal_error', undefined, requestId), 'internal_error');
}

function describeAnswer(request: ExplainedRequest, reply: Reply, code: ErrorCode | null): ExplainedAnswer {
  const lines = request.responseFields.split('\r\n').filter((line) => line !== '');
  const fields = [...reply.fields, ['X-Request-Id', request.requestId] as const, ...lines.map(splitField)];
  const { status, body } = reply;
  return { code, finding: { status, fields, body: body.length > shownBody ? `${body.slice(0, shownBody)}…` : body } };
}
