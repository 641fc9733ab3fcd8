import type { Explanation } from '../core/explanation.ts';
import type { RequestInQuestion } from '../core/request-in-question.ts';
import { retryAfterField } from '../data-plane/attempt-outcome.ts';
import { decideRequest, refusalOfAdmitted } from '../data-plane/decide-request.ts';
import { RequestParser } from '../http1/request-parser.ts';
import { explainRoute } from '../snapshot/decide.ts';
import type { Route, Snapshot } from '../snapshot/snapshot.ts';
import { explainUpstream, type ExplainedUpstream } from './explain-upstream.ts';
import { ExplainedRequest, type Decision } from './explained-request.ts';
import { nowhere, type Fate } from './fate.ts';
import type { Looks } from './looks.ts';
import { requestBytes } from './request-bytes.ts';
import { explainSent } from './sent-request.ts';
import { WatchedPolicies } from './watched-policies.ts';
import { writeExplanation } from './write-explanation.ts';

/** What a request is explained with: limiters, keys and breakers that only look. */
export interface ExplainWorld {
  readonly snapshot: Snapshot;
  /** What the policies of the snapshot look up goes through these. */
  readonly looks: Looks;
  /** Whether the state behind them is that of a running gateway. */
  readonly live: boolean;
  /** Why the last health check of a target failed; null where it did not, or nobody knows. */
  readonly healthProblem: (targetSlot: number) => string | null;
  /** A policy that takes longer is said to have decided nothing. */
  readonly patienceMs: number;
  /** For URLs that name no host. */
  readonly defaultHost: string;
}

/**
 * Says what would become of a request, and why, by the code that decides about live traffic. Nobody gets the request, and
 * nothing is counted, taken or kept. The question has to be one that `findQuestionProblem` has nothing against.
 */
export async function explainRequest(question: RequestInQuestion, world: ExplainWorld): Promise<Explanation> {
  const { snapshot } = world;
  const parser = new RequestParser(snapshot.headLimits);
  parser.reset(snapshot.headLimits);
  const bytes = requestBytes(question, world.defaultHost);
  const used = parser.feed(bytes, 0, bytes.length);
  const { clientIp: peerIp, bodyBytes } = question;
  const request = new ExplainedRequest(parser.head, { snapshot, peerIp, bodyBytes });
  const code = parser.error ?? (parser.complete && used === bytes.length ? null : 'malformed_request');
  const fate = code === null ? await followRequest({ request, question, world }) : { ...nowhere, refusal: { code } };
  const candidates = request.path === '' ? [] : explainRoute(snapshot, request.head, request.path);
  return writeExplanation({ request, question, fate, candidates, live: world.live });
}

interface Followed {
  readonly request: ExplainedRequest;
  readonly question: RequestInQuestion;
  readonly world: ExplainWorld;
}

async function followRequest(followed: Followed): Promise<Fate> {
  const { request, world } = followed;
  const refusal = decideRequest(request, world.snapshot);
  const { route } = request;
  if (refusal !== null || route === null) return { ...nowhere, refusal };
  const watched = new WatchedPolicies(route, world.looks, request.shadowRefusals);
  const decision = await inTime(request.judge(watched), world.patienceMs);
  if (decision?.kind === 'failed') watched.noteFailure(decision.policy, describeFailure(decision.error));
  const judged = { ...nowhere, policies: watched.findings(request), secrets: watched.secrets };
  if (decision === null) return judged;
  return { ...judged, ...followDecision(decision, route, followed) };
}

async function inTime<Result>(work: Promise<Result>, patienceMs: number): Promise<Result | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), patienceMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function describeFailure(error: unknown): string {
  return `it failed: ${error instanceof Error ? error.message : String(error)}`;
}

/** What follows from what the policies have decided. */
function followDecision(decision: Decision, route: Route, { request, question, world }: Followed): Partial<Fate> {
  if (decision.kind === 'failed') return { refusal: { code: 'internal_error' } };
  if (decision.kind === 'ended') {
    return 'code' in decision.verdict ? { refusal: decision.verdict } : { reply: decision.verdict };
  }
  const code = refusalOfAdmitted(request, route);
  if (code !== null) return { refusal: { code } };
  const { answer, upstream, split } = route.destination;
  if (answer !== null) return { reply: answer.reply(request) };
  // A body whose length is not stated is counted while it comes.
  if (request.head.chunked && (question.bodyBytes ?? 0) > request.maximumBody) {
    return { refusal: { code: 'body_too_large' } };
  }
  request.rewrite(route.rewrite);
  const shares = split?.shares ?? (upstream === null ? [] : [{ upstream, weight: 1 }]);
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  const explained = shares.map((share) =>
    explainUpstream(share.upstream, share.weight / total, { request, healthProblem: world.healthProblem }),
  );
  return { ...followUpstreams(explained, request), notes: notesOf(request, route) };
}

function followUpstreams(explained: readonly ExplainedUpstream[], request: ExplainedRequest): Partial<Fate> {
  const upstreams = explained.map(({ finding }) => finding);
  const asked = explained.filter(({ finding }) => finding.share > 0);
  const [first] = asked;
  if (first === undefined) return { upstreams, refusal: { code: 'no_healthy_target' } };
  const { refusal: code } = first.finding;
  if (code !== null && asked.every(({ finding }) => finding.refusal === code)) {
    return {
      upstreams,
      refusal: code === 'circuit_open' ? { code, fields: retryAfterField(first.retryAfterMs) } : { code },
    };
  }
  const shown = asked.find(({ finding }) => finding.refusal === null)?.shown ?? null;
  return { upstreams, sent: shown === null ? null : explainSent(request, shown) };
}

function notesOf({ head }: ExplainedRequest, { internal, mirror }: Route): string[] {
  const notes: string[] = [];
  if (internal) notes.push("This path is an endpoint of the gateway's own: the gateway itself answers it.");
  if (head.expectsContinue) notes.push('The client is told to go on (100 Continue) before its body is read.');
  if (mirror !== null) {
    const part = mirror.share === 1 ? 'A copy' : `With a chance of ${mirror.share * 100} %, a copy`;
    notes.push(
      `${part} of the request goes to the upstream ${mirror.upstream.name}, ` +
        `where its body has at most ${mirror.bodyLimitBytes} bytes; what it answers is dropped.`,
    );
  }
  return notes;
}
