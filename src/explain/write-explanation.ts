import type { CandidateFinding, Explanation, PolicyFinding, SentFinding } from '../core/explanation.ts';
import type { Consumer } from '../core/ports.ts';
import { refusalDetails } from '../core/refusal-details.ts';
import { splitUrl, type RequestInQuestion } from '../core/request-in-question.ts';
import { isCountedMethod } from '../state/counters.ts';
import { answerOf } from './explained-answer.ts';
import type { ExplainedRequest } from './explained-request.ts';
import type { Fate } from './fate.ts';
import { Mask } from './mask.ts';
import { summarise } from './summarise.ts';

export interface ExplanationParts {
  readonly request: ExplainedRequest;
  readonly question: RequestInQuestion;
  readonly fate: Fate;
  readonly candidates: readonly CandidateFinding[];
  readonly live: boolean;
}

/** Puts an explanation together; nothing in it is a secret of the request's any more. */
export function writeExplanation({ request, question, fate, candidates, live }: ExplanationParts): Explanation {
  const mask = new Mask(request.head, fate.secrets);
  const answer = answerOf(request, fate);
  const own = request.route?.internal === true;
  const asked = fate.upstreams.filter(({ share }) => share > 0);
  const only = asked.length === 1 && !own ? asked[0] : undefined;
  const chosen = only?.targets.find((target) => target.chosen);
  return {
    route: request.route?.name ?? null,
    upstream: only?.upstream ?? null,
    target: answer === null ? (chosen?.url ?? null) : null,
    status: answer?.finding.status ?? null,
    code: answer?.code ?? null,
    policies: fate.policies.map((policy) => maskPolicy(policy, mask, request.consumer)),
    candidates: [...candidates]
      .toSorted((left, right) => Number(right.matched) - Number(left.matched))
      .map((candidate) => ({ ...candidate, reason: mask.text(candidate.reason) })),
    summary: mask.text(summarise({ request, fate, answer })),
    advice: answer === null || answer.code === null ? null : refusalDetails[answer.code],
    live,
    request: describeRequest(request, question, mask),
    upstreams: own ? [] : fate.upstreams,
    sent: fate.sent === null || own ? null : maskSent(fate.sent, mask),
    answer: answer === null ? null : maskAnswer(answer.finding, mask),
    added_to_answer: answer === null ? linesOf(request.responseFields).map((line) => mask.line(line)) : [],
    notes: [...fate.notes, ...noteOnMethod(question.method)].map((note) => mask.text(note)),
  };
}

function describeRequest(
  { head, path, clientIp, consumer }: ExplainedRequest,
  question: RequestInQuestion,
  mask: Mask,
): Explanation['request'] {
  // Of a head that could not be read, what it was meant to be.
  const asked = splitUrl(question.url);
  const isRead = head.path !== '';
  return {
    method: question.method,
    host: mask.text(isRead ? head.host : (asked.host ?? '')),
    path: isRead ? mask.text(path === '' ? head.path : path) : mask.query(asked.path),
    query: mask.query(head.query),
    client_ip: clientIp,
    consumer: consumer === null ? null : mask.text(consumer.name),
  };
}

/** RFC 9110, 9.1: upper and lower case are different methods. */
function noteOnMethod(method: string): string[] {
  const upper = method.toUpperCase();
  if (method === upper || !isCountedMethod(upper)) return [];
  return [`${method} is another method than ${upper}, which is probably meant.`];
}

function maskPolicy(policy: PolicyFinding, mask: Mask, consumer: Consumer | null): PolicyFinding {
  const { limits } = policy;
  const masked = { ...policy, reason: mask.text(policy.reason) };
  if (limits === undefined) return masked;
  const nameOf = (subject: string) => (consumer?.id === subject ? `key ${consumer.name}` : subject);
  return { ...masked, limits: limits.map((limit) => ({ ...limit, subject: mask.text(nameOf(limit.subject)) })) };
}

function maskSent(sent: SentFinding, mask: Mask): SentFinding {
  return { ...sent, line: mask.query(sent.line), fields: sent.fields.map((field) => mask.line(field)) };
}

function maskAnswer(answer: NonNullable<Explanation['answer']>, mask: Mask): NonNullable<Explanation['answer']> {
  const fields = answer.fields.map(([name, value]) => [name, mask.query(mask.value(name, value))] as const);
  return { ...answer, fields, body: mask.text(answer.body) };
}

function linesOf(text: string): string[] {
  return text.split('\r\n').filter((line) => line !== '');
}
