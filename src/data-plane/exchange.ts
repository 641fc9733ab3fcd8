/**
 * READ FIRST: the life of a request, from its first byte to its last. `client-connection.ts` feeds the bytes in,
 * `forward.ts` is the way to a target and back, `client-response.ts` writes the answer, `record.ts` keeps the books.
 *
 *     readHead → begin → policies → admit → forward → (answer of the target) → endResponse
 *                  └────────┴─────────┴──────┴──→ refuse, reply ───────────────────┘
 */
import type { ErrorCode } from '../core/error-codes.ts';
import type { Verdict } from '../core/policy.ts';
import type { Reply } from '../core/reply.ts';
import { isRequestId } from '../core/request-id.ts';
import { RequestParser } from '../http1/request-parser.ts';
import type { NamedPolicy } from '../snapshot/compile-policies.ts';
import type { Route, Snapshot } from '../snapshot/snapshot.ts';
import { clientBehind } from '../lib/client-address.ts';
import { ClientResponse } from './client-response.ts';
import { CollectedRequest } from './collected-request.ts';
import { decideRequest, refusalOfAdmitted } from './decide-request.ts';
import { Forward } from './forward.ts';
import type { ForwardClient, ForwardedExchange } from './forwarded-exchange.ts';
import { problemReply, ReplyAnswer } from './gateway-answer.ts';
import { forwardRequest } from './mirror.ts';
import { logPolicyFailure } from './policy-failure.ts';
import { holdRequest, recordBegin, recordEnd, type RecordedExchange } from './record.ts';
import { isTraceparent } from './request-ids.ts';
import { runPolicies, runResponsePolicies, type AnsweredSubject, type PolicySubject } from './run-policies.ts';
import type { WorkerContext } from './worker-context.ts';

/** A refused request may have this much of a body left for its connection to live on. */
const maximumDiscardedBody = 65_536;

const shortly: Reply['fields'] = [['Retry-After', '1']];

/** The connection of a client, as its exchanges see it. */
export interface ExchangeClient extends ForwardClient {
  /** Cuts the connection. */
  abort(): void;
  /** The exchange is over; it may be used again for another request. */
  onExchangeDone(close: boolean): void;
}

/** One request and its answer. Connections take one from a stock when a request begins and give it back at its end. */
export class Exchange
  extends CollectedRequest
  implements ForwardedExchange, RecordedExchange, PolicySubject, AnsweredSubject
{
  readonly ctx: WorkerContext;
  readonly response = new ClientResponse();
  override readonly forward: Forward;
  client: ExchangeClient | null = null;
  snapshot: Snapshot;
  /** The refusal or failure that this exchange ended with, null for an answer of the target's. */
  errorCode: ErrorCode | null = null;
  startedAt = 0;
  private readonly parser: RequestParser;
  private begun = false;
  recorded = false;
  /** The body is read for its end alone: the answer does not depend on it. */
  private discarding = false;
  awaitsVerdict = false;
  private toldToGoOn = false;

  constructor(ctx: WorkerContext) {
    const parser = new RequestParser(ctx.live.current.headLimits);
    super(parser.head);
    this.ctx = ctx;
    this.snapshot = ctx.live.current;
    this.parser = parser;
    this.forward = new Forward(this);
  }

  /** Makes the exchange ready for the next request of `client`. */
  assign(client: ExchangeClient): void {
    this.client = client;
    this.snapshot = this.ctx.live.current;
    this.parser.reset(this.snapshot.headLimits);
    this.requestBody.begin('none', 0, this.snapshot.headLimits);
    this.response.reset(client.outgoing);
    this.resetJudgement(client.ip, this.snapshot.maximumBody);
    this.errorCode = null;
    this.begun = false;
    this.recorded = false;
    this.discarding = false;
    this.toldToGoOn = false;
    this.resetCollection();
  }

  get readingHead(): boolean {
    return !this.begun;
  }

  /** More of the body is to come. */
  get readingBody(): boolean {
    return this.begun && !this.requestBody.done && this.requestBody.error === null;
  }

  /** Reads from `bytes[start, end)` up to the end of the head; returns the index after what it used. */
  readHead(bytes: Buffer, start: number, end: number): number {
    const at = this.parser.feed(bytes, start, end);
    if (this.parser.error !== null) {
      this.failRequest(this.parser.error);
      return end;
    }
    if (this.parser.complete) this.begin();
    return at;
  }

  private identify(): void {
    const { head, snapshot, client } = this;
    this.begun = true;
    recordBegin(this);
    const givenId = isRequestId(head.requestId) ? head.requestId : '';
    this.identity.begin(givenId, isTraceparent(head.traceparent) ? head.traceparent : '', this.ctx.requestIds);
    if (snapshot.trustedProxies !== null && client !== null && client.isTrusted(snapshot)) {
      this.clientIp = clientBehind(client.ip, head.forwardedFor, snapshot.trustedProxies);
    }
    // For a head that is refused too: of the request before, nothing is said in its answer or in the log.
    this.forward.reset();
  }

  /** The head is whole and well-formed: decide what becomes of the request. */
  private begin(): void {
    this.identify();
    const { head, snapshot } = this;
    const framing = head.chunked ? 'chunked' : head.contentLength > 0 ? 'length' : 'none';
    this.requestBody.begin(framing, head.contentLength, snapshot.headLimits);
    const refusal = decideRequest(this, snapshot);
    if (refusal?.code === 'invalid_path') return this.failRequest(refusal.code);
    if (refusal !== null) return this.refuse(refusal.code, refusal.fields);
    if (this.route?.internal === false && !holdRequest(this)) return this.refuse('too_many_in_flight', shortly);
    if (this.route !== null) runPolicies(this, this.route, 0);
  }

  protected override askForBody(): void {
    this.letClientGoOn();
    this.client?.resumeReading();
  }

  obey(verdict: NonNullable<Verdict>): void {
    if ('code' in verdict) this.refuse(verdict.code, verdict.fields);
    else this.reply(verdict);
  }

  failPolicy(policy: NamedPolicy, error: unknown): void {
    this.logPolicyFailure(policy, error);
    this.refuse('internal_error');
  }

  logPolicyFailure({ name }: NamedPolicy, error: unknown): void {
    logPolicyFailure(this.ctx, { policy: name, requestId: this.requestId, error });
  }

  admit(route: Route): void {
    const refusal = refusalOfAdmitted(this, route);
    if (refusal !== null) return this.refuse(refusal);
    this.limitBody();
    if (this.exceedsLimit()) return this.failRequest('body_too_large');
    const { answer, upstream, split } = route.destination;
    if (answer !== null) return this.reply(answer.reply(this));
    const chosen = upstream ?? split?.choose() ?? null;
    if (chosen === null) return this.refuse('no_healthy_target');
    this.rewrite(route.rewrite);
    this.letClientGoOn();
    forwardRequest(this, chosen);
  }

  /** RFC 9110, 10.1.1: the client holds its body back until it is told that the request is welcome. */
  private letClientGoOn(): void {
    if (!this.head.expectsContinue || this.toldToGoOn) return;
    this.toldToGoOn = true;
    this.response.interim('HTTP/1.1 100 Continue\r\n\r\n');
    this.client?.outgoing.flushSoon();
  }

  /** Reads from `bytes[start, end)` up to the end of the body; returns the index after what it used. */
  readBody(bytes: Buffer, start: number, end: number): number {
    const body = this.requestBody;
    const at = body.next(bytes, start, end);
    if (body.error !== null) {
      this.failRequest(body.error);
      return end;
    }
    if (this.discarding) {
      if (body.received > maximumDiscardedBody) this.client?.abort();
      else if (body.done) this.complete();
      return at;
    }
    if (this.exceedsLimit()) {
      this.failRequest('body_too_large');
      return end;
    }
    if (body.dataEnd > body.dataStart) {
      if (this.collecting) this.forward.sender.body(bytes, body.dataStart, body.dataEnd);
      else this.forward.sendBody(bytes, body.dataStart, body.dataEnd);
    }
    if (body.done) this.endBody();
    return at;
  }

  private endBody(): void {
    this.forward.endBody();
    const next = this.endCollection();
    if (next >= 0 && this.route !== null) runPolicies(this, this.route, next);
  }

  /** The request cannot be read to its end: its connection goes with it, and nothing of it may look whole to anyone. */
  failRequest(code: ErrorCode): void {
    if (!this.begun) this.identify();
    this.head.connectionClose = true;
    this.refuse(code);
  }

  /** Everything that came in one piece has been read: what was gathered for the target can be written. */
  onReadDone(): void {
    this.forward.flush();
  }

  /** Answers with a problem, unless an answer is under way: then the connection is cut, so that it never looks whole. */
  refuse(code: ErrorCode, fields?: Reply['fields']): void {
    if (this.response.started) return this.abort(code);
    this.errorCode = code;
    this.reply(problemReply(code, fields, this.requestId));
  }

  /** Answers without a target. */
  reply(reply: Reply): void {
    const { head, requestBody } = this;
    const { retryLine } = this.forward;
    this.forward.cancel();
    // A client that was not told to go on may send its body all the same, or not at all: both look alike from here.
    const ambiguous = !requestBody.done && (head.expectsContinue || head.contentLength > maximumDiscardedBody);
    this.response.reply(this.judgeReply(reply), head, {
      fields: this.identity.answerLine + retryLine + this.responseFields,
      date: this.ctx.dateField,
      replacedRoles: 0,
      close: this.mustClose || ambiguous || requestBody.error !== null,
    });
    this.endResponse();
  }

  /** What the policies that let the request by make of an answer of the gateway's own. */
  private judgeReply(reply: Reply): Reply {
    const { route } = this;
    if (route === null || route.policies.onResponse.length === 0) return reply;
    const answer = new ReplyAnswer(reply);
    if (runResponsePolicies(this, route, answer)) return { ...reply, fields: answer.fields };
    this.errorCode = 'internal_error';
    return problemReply('internal_error', undefined, this.requestId);
  }

  get mustClose(): boolean {
    return !this.head.persistent || this.client?.leaving === true;
  }

  /** The answer is whole; so is the exchange, unless the request's body is still to be read. */
  endResponse(): void {
    this.response.end();
    this.client?.outgoing.flushSoon();
    this.record();
    if (this.requestBody.done || this.response.closes) return this.complete();
    this.discarding = true;
    this.client?.resumeReading();
  }

  private complete(): void {
    this.client?.onExchangeDone(this.response.closes);
  }

  /** Ends the exchange and its connection without another byte. */
  abort(code: ErrorCode): void {
    this.errorCode ??= code;
    this.onClientGone();
    this.client?.abort();
  }

  /** The client is gone, or is cut off. */
  onClientGone(): void {
    if (!this.recorded) this.errorCode ??= 'client_closed';
    this.forward.cancel();
    this.record();
  }

  /** Once, when the fate of the request is known. */
  private record(): void {
    if (this.recorded || !this.begun) return;
    this.recorded = true;
    recordEnd(this);
  }

  override get clientNetwork(): string {
    const { client, clientIp } = this;
    return client !== null && clientIp === client.ip ? client.network : super.clientNetwork;
  }
}
