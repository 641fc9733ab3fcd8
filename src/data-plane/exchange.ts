/**
 * READ FIRST: the life of a request, from its first byte to its last. `client-connection.ts` feeds the bytes in,
 * `forward.ts` is the way to a target and back, `client-response.ts` writes the answer.
 *
 *     readHead → begin → route → forward → (answer of the target) → finish
 *                  └────────┴──────┴──→ refuse ──────────────────────┘
 */
import type { ErrorCode } from '../core/error-codes.ts';
import { errorCodes } from '../core/error-codes.ts';
import { problemBody } from '../core/problem.ts';
import { refusalDetails } from '../core/refusal-details.ts';
import type { Reply } from '../core/reply.ts';
import type { RequestHead } from '../core/request-head.ts';
import { BodyReader } from '../http1/body-reader.ts';
import { RequestParser } from '../http1/request-parser.ts';
import { decidePath, decideRoute } from '../snapshot/decide.ts';
import type { Route, Snapshot } from '../snapshot/snapshot.ts';
import { methodIndex } from '../state/counters.ts';
import { ClientResponse } from './client-response.ts';
import { Forward } from './forward.ts';
import type { ForwardClient, ForwardedExchange } from './forwarded-exchange.ts';
import { isRequestId, isTraceparent } from './request-ids.ts';

import type { WorkerContext } from './worker-context.ts';

/** A refused request may have this much of a body left for its connection to live on. */
const maximumDiscardedBody = 65_536;

const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The connection of a client, as its exchanges see it. */
export interface ExchangeClient extends ForwardClient {
  /** Cuts the connection. */
  abort(): void;
  /** The exchange is over; it may be used again for another request. */
  onExchangeDone(close: boolean): void;
}

/** One request and its answer. Connections take one from a stock when a request begins and give it back at its end. */
export class Exchange implements ForwardedExchange {
  readonly ctx: WorkerContext;
  readonly head: RequestHead;
  readonly response = new ClientResponse();
  readonly forward: Forward;
  client: ExchangeClient | null = null;
  snapshot: Snapshot;
  route: Route | null = null;
  /** The normalised path, once there is one. */
  path = '';
  requestId = '';
  traceparent = '';
  /** The refusal or failure that this exchange ended with, null for an answer of the target's. */
  errorCode: ErrorCode | null = null;
  private readonly parser: RequestParser;
  private readonly requestBody = new BodyReader();
  private startedAt = 0;
  private begun = false;
  private finished = false;
  /** The body is read for its end alone: the answer does not depend on it. */
  private discarding = false;

  constructor(ctx: WorkerContext) {
    this.ctx = ctx;
    this.snapshot = ctx.live.current;
    this.parser = new RequestParser(this.snapshot.headLimits);
    this.head = this.parser.head;
    this.forward = new Forward(this);
  }

  /** Makes the exchange ready for the next request of `client`. */
  assign(client: ExchangeClient): void {
    this.client = client;
    this.snapshot = this.ctx.live.current;
    this.parser.reset(this.snapshot.headLimits);
    this.requestBody.begin('none', 0, this.snapshot.headLimits);
    this.response.reset(client.outgoing);
    this.route = null;
    this.path = '';
    this.requestId = '';
    this.traceparent = '';
    this.errorCode = null;
    this.begun = false;
    this.finished = false;
    this.discarding = false;
  }

  get readingHead(): boolean {
    return !this.begun && !this.finished;
  }

  /** More of the body is to come. */
  get readingBody(): boolean {
    return this.begun && !this.requestBody.done && this.requestBody.error === null;
  }

  /** Reads from `bytes[start, end)` up to the end of the head; returns the index after what it used. */
  readHead(bytes: Buffer, start: number, end: number): number {
    const at = this.parser.feed(bytes, start, end);
    if (this.parser.error !== null) {
      this.beginMeasuring();
      if (this.parser.error === 'not_plain_http' || this.parser.error === 'malformed_request') {
        this.ctx.counters.add('parseRefusals', 1);
      }
      // What follows is not known to be a body or another request, so the connection cannot go on.
      this.head.connectionClose = true;
      this.refuse(this.parser.error);
      return end;
    }
    if (this.parser.complete) this.begin();
    return at;
  }

  private beginMeasuring(): void {
    this.begun = true;
    this.startedAt = this.ctx.clock.now();
    this.ctx.counters.add('inFlight', 1);
    const { head } = this;
    this.requestId = isRequestId(head.requestId) ? head.requestId : this.ctx.requestIds.create();
  }

  /** The head is whole and well-formed: decide what becomes of the request. */
  private begin(): void {
    this.beginMeasuring();
    const { head, snapshot } = this;
    const framing = head.chunked ? 'chunked' : head.contentLength > 0 ? 'length' : 'none';
    this.requestBody.begin(framing, head.contentLength, snapshot.headLimits);
    if (head.wantsUpgrade && head.connectionUpgrade) return this.refuse('upgrade_not_supported');
    if (head.contentLength > snapshot.maximumBody) return this.refuse('body_too_large');

    const path = head.path === '*' ? null : decidePath(head.path);
    if (path === null) return this.refuse(head.path === '*' ? 'route_not_found' : 'invalid_path');
    this.path = path;

    const route = decideRoute(snapshot, head, path);
    if (route === null) return this.refuseUnrouted(path);
    this.route = route;

    if (head.expectsContinue) this.askForBody();
    this.traceparent = isTraceparent(head.traceparent) ? head.traceparent : this.ctx.requestIds.createTraceparent();
    this.forward.start(route.upstream);
  }

  private refuseUnrouted(path: string): void {
    const methods = this.snapshot.router.methodsFor(this.head.host, path);
    if (methods.length === 0) this.refuse('route_not_found');
    else this.refuse('method_not_allowed', [['Allow', methods.join(', ')]]);
  }

  /** RFC 9110, 10.1.1: the client holds its body back until it is told that the request is welcome. */
  private askForBody(): void {
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
    if (body.received > this.snapshot.maximumBody) {
      this.failRequest('body_too_large');
      return end;
    }
    if (body.dataEnd > body.dataStart) this.forward.sendBody(bytes, body.dataStart, body.dataEnd);
    if (body.done) this.forward.endBody();
    return at;
  }

  /** The request cannot be read to its end: nothing of it may look whole to anyone. */
  failRequest(code: ErrorCode): void {
    if (!this.begun) this.beginMeasuring();
    this.head.connectionClose = true;
    this.forward.cancel();
    if (this.response.started) this.abort(code);
    else this.refuse(code);
  }

  /** Everything that came in one piece has been read: what was gathered for the target can be written. */
  onReadDone(): void {
    this.forward.flush();
  }

  /** Answers with a problem, unless an answer is under way: then the connection is cut, so that it never looks whole. */
  refuse(code: ErrorCode, fields: Reply['fields'] = []): void {
    if (this.response.started) return this.abort(code);
    this.errorCode = code;
    const allow = code === 'method_not_allowed' && fields.length === 0;
    this.reply({
      status: errorCodes[code].status,
      fields: [
        ['Content-Type', 'application/problem+json'],
        ...(allow ? [['Allow', allMethods.join(', ')] as const] : fields),
      ],
      body: problemBody({ code, detail: refusalDetails[code], requestId: this.requestId }),
    });
  }

  /** Answers without a target. */
  reply(reply: Reply): void {
    const { head } = this;
    this.forward.cancel();
    const bodyLeft = !this.requestBody.done;
    // A client that was not told to go on may send its body all the same, or not at all: both look alike from here.
    const ambiguous = bodyLeft && (head.expectsContinue || head.contentLength > maximumDiscardedBody);
    const close = this.mustClose || ambiguous || this.requestBody.error !== null;
    const fields = `X-Request-Id: ${this.requestId}\r\n`;
    this.response.reply(reply, head, { fields, dateLine: this.ctx.dateField.get(), close });
    this.endResponse();
  }

  /** The connection ends with this exchange, whatever the answer is. */
  get mustClose(): boolean {
    return !this.head.persistent || this.ctx.draining;
  }

  get bodyIsRead(): boolean {
    return this.requestBody.done;
  }

  /** The answer is whole; so is the exchange, unless the request's body is still to be read. */
  endResponse(): void {
    this.response.end();
    this.client?.outgoing.flushSoon();
    this.measure();
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
    this.forward.cancel();
    this.measure();
    this.client?.abort();
  }

  /** Counts the exchange once, when its fate is known. */
  private measure(): void {
    if (this.finished || !this.begun) return;
    this.finished = true;
    const { ctx, head } = this;
    const slot = this.route?.slot ?? 0;
    const status = this.response.started ? this.response.status : errorCodes[this.errorCode ?? 'client_closed'].status;
    ctx.counters.add('inFlight', -1);
    ctx.counters.countRequest(slot, methodIndex(head.method), status);
    ctx.histograms.recordRequest(slot, (ctx.clock.now() - this.startedAt) * 1000);
  }

  /** The client is gone. */
  onClientGone(): void {
    this.errorCode ??= 'client_closed';
    this.forward.cancel();
    this.measure();
  }
}
