import type { ErrorCode } from '../core/error-codes.ts';
import type { Reply } from '../core/reply.ts';
import type { ResponseHead } from '../core/response-head.ts';
import { endToEndFields } from '../http1/head-writer.ts';
import { Timed } from '../lib/timer-wheel.ts';
import type { Target } from '../upstream/target.ts';
import type { AttemptFailure, AttemptOwner, UpstreamConnection } from '../upstream/upstream-connection.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { passedOnAnswers } from './client-response.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import { RequestSender } from './request-sender.ts';
import { upstreamRequestHead } from './upstream-request.ts';

/** What the deadline of a forward stands for. */
type Waiting = 'nothing' | 'connection' | 'response' | 'body';

const failureCodes: Readonly<Record<AttemptFailure, ErrorCode>> = {
  unreachable: 'upstream_unreachable',
  connect_timeout: 'upstream_connect_timeout',
  closed_before_answer: 'upstream_reset',
  closed_in_answer: 'upstream_reset',
  invalid_answer: 'upstream_invalid_response',
};

const retryAfter: Reply['fields'] = [['Retry-After', '1']];

/**
 * The way of one request to a target and of the answer back: pick a target, get a connection, send, judge what comes,
 * and go to the next target only while nothing of the request has been sent.
 */
export class Forward extends Timed implements AttemptOwner {
  /** The target of the last attempt. */
  target: Target | null = null;
  private readonly exchange: ForwardedExchange;
  private readonly sender = new RequestSender();
  private upstream: Upstream | null = null;
  private connection: UpstreamConnection | null = null;
  private tried: Target[] | null = null;
  private lastFailure: ErrorCode | null = null;
  private waiting: Waiting = 'nothing';
  private queued = false;
  private freshTried = false;

  constructor(exchange: ForwardedExchange) {
    super();
    this.exchange = exchange;
  }

  /** Makes ready for another request: what comes of its body is held back until `start`. */
  reset(): void {
    this.upstream = null;
    this.target = null;
    this.tried = null;
    this.lastFailure = null;
    this.freshTried = false;
    this.sender.reset(this.exchange.head);
  }

  start(upstream: Upstream): void {
    this.upstream = upstream;
    this.attempt();
  }

  /** Picks a target and asks for a connection to it. */
  private attempt(): void {
    const target = this.upstream?.pick(this.tried) ?? null;
    if (target === null) return this.exchange.refuse(this.lastFailure ?? 'no_healthy_target');
    this.target = target;
    this.connectTo(target, false);
  }

  private connectTo(target: Target, fresh: boolean): void {
    const { exchange } = this;
    this.sender.stop();
    if (this.upstream?.internal === false) exchange.ctx.counters.countBackendRequest(this.upstream.slot);
    const acquired = fresh ? target.pool.acquireNew(this) : target.pool.acquire(this, this.repeatable);
    if (acquired === 'busy') {
      exchange.refuse('upstream_busy', retryAfter);
    } else if (acquired === 'queued') {
      this.queued = true;
      this.await('connection', this.upstream?.timeouts.waitMs ?? 0);
    } else {
      this.connection = acquired;
      if (acquired.connected) this.onConnected();
    }
  }

  /** Whether the target may get the request twice: by its method (RFC 9110, 9.2.2), and because nothing is used up. */
  private get repeatable(): boolean {
    const { head } = this.exchange;
    return !head.hasBody && isIdempotent(head.method);
  }

  onConnectionAssigned(connection: UpstreamConnection): void {
    this.queued = false;
    this.connection = connection;
    this.await('nothing', Infinity);
  }

  onConnected(): void {
    const { exchange, connection, target } = this;
    const { client } = exchange;
    if (connection === null || target === null || client === null) return;
    connection.beginRequest(exchange.head.method);
    const head = upstreamRequestHead({
      head: exchange.head,
      path: exchange.path,
      hostLine: target.hostLine,
      requestId: exchange.requestId,
      traceparent: exchange.traceparent,
      peer: client,
      peerTrusted: client.isTrusted(exchange.snapshot),
    });
    const keepsUp = this.sender.begin(connection.outgoing, head);
    // Within a read of the client, the rest of the piece may add to what is gathered here.
    if (client.reading) return;
    this.flush();
    if (keepsUp) client.resumeReading();
  }

  get requestSent(): boolean {
    return this.sender.complete;
  }

  /** Passes a part of the request's body on; the bytes are only valid during this call. */
  sendBody(bytes: Buffer, start: number, end: number): void {
    if (!this.sender.body(bytes, start, end)) this.exchange.client?.pauseReading();
  }

  endBody(): void {
    this.sender.end();
  }

  /** Writes what is gathered for the target. */
  flush(): void {
    this.sender.flush();
    // Until the request is whole, it is the client's time that runs.
    if (this.sender.complete && this.waiting === 'nothing' && !this.exchange.response.started) {
      this.await('response', this.upstream?.timeouts.responseMs ?? 0);
    }
  }

  onRequestCongested(): void {
    if (!this.sender.complete) this.exchange.client?.pauseReading();
  }

  onRequestDrained(): void {
    this.exchange.client?.resumeReading();
  }

  onInterimHead(head: ResponseHead): void {
    const { exchange } = this;
    if (exchange.head.minorVersion === 0) return;
    exchange.response.interim(`HTTP/1.1 ${head.status} ${head.reason}\r\n${endToEndFields(head, passedOnAnswers)}\r\n`);
  }

  onResponseHead(head: ResponseHead): void {
    const { exchange, target, upstream } = this;
    if (target === null || upstream === null) return;
    this.await('body', upstream.timeouts.idleMs);
    exchange.response.begin(head, exchange.head, {
      fields: `X-Request-Id: ${exchange.requestId}\r\n${target.backendLine}${exchange.responseFields}`,
      replacedRoles: exchange.replacedRoles,
      dateLine: exchange.ctx.dateField.get(),
      // An answer before the request's end leaves a body that nobody waits for.
      close: exchange.mustClose || !this.sender.complete,
    });
    if (head.status >= 500) this.countError();
  }

  onResponseBody(bytes: Buffer, start: number, end: number): void {
    if (!this.exchange.response.body(bytes, start, end)) this.pauseResponse();
  }

  onReadDone(): void {
    this.exchange.client?.outgoing.flushSoon();
    if (this.waiting === 'body') this.await('body', this.upstream?.timeouts.idleMs ?? 0);
  }

  /** The client does not keep up. */
  pauseResponse(): void {
    if (this.connection === null) return;
    this.connection.socket.pause();
    // From here it is the client that is waited for, not the target.
    this.await('nothing', Infinity);
    this.exchange.client?.awaitDrain();
  }

  /** The client takes more of the answer. */
  resumeResponse(): void {
    if (this.connection === null || !this.connection.connected) return;
    this.connection.socket.resume();
    if (this.exchange.response.started) this.await('body', this.upstream?.timeouts.idleMs ?? 0);
    else this.flush();
  }

  onResponseEnd(): void {
    this.leaveConnection();
    this.exchange.endResponse();
  }

  onAttemptFailed(failure: AttemptFailure): void {
    const { connection, exchange, target } = this;
    const mayUseFresh = failure === 'closed_before_answer' && this.mayUseFresh(connection);
    this.leaveConnection();
    this.countError();
    if (exchange.response.started || target === null) return exchange.abort(failureCodes[failure]);
    if (mayUseFresh) {
      this.freshTried = true;
      return this.connectTo(target, true);
    }
    this.lastFailure = failureCodes[failure];
    if (failure !== 'unreachable' && failure !== 'connect_timeout') return exchange.refuse(this.lastFailure);
    this.tried = this.tried === null ? [target] : [...this.tried, target];
    this.attempt();
  }

  /** RFC 9112, 9.3.1: a kept connection may have been closed by the target just when the request was written to it. */
  private mayUseFresh(connection: UpstreamConnection | null): boolean {
    if (connection === null || !connection.reused || this.freshTried) return false;
    return this.repeatable || !this.sender.anyByteSent;
  }

  private leaveConnection(): void {
    this.connection = null;
    this.sender.stop();
    this.await('nothing', Infinity);
  }

  private countError(): void {
    if (this.upstream?.internal === false) this.exchange.ctx.counters.countBackendError(this.upstream.slot);
  }

  private await(what: Waiting, milliseconds: number): void {
    const { wheel, clock } = this.exchange.ctx;
    this.waiting = what;
    if (what === 'nothing') wheel.cancel(this);
    else wheel.schedule(this, clock.now() + milliseconds);
  }

  override onDeadline(): void {
    const { waiting, exchange } = this;
    if (waiting === 'nothing') return;
    if (waiting !== 'connection') this.countError();
    this.cancel();
    if (waiting === 'connection') exchange.refuse('upstream_busy', retryAfter);
    else exchange.refuse('upstream_timeout');
  }

  /** Gives up whatever is under way; the target's connection, if there is one, is closed. */
  cancel(): void {
    if (this.queued) this.target?.pool.cancelWait(this);
    this.queued = false;
    const { connection } = this;
    this.leaveConnection();
    connection?.destroy();
  }
}

function isIdempotent(method: string): boolean {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'OPTIONS':
    case 'PUT':
    case 'DELETE':
    case 'TRACE':
      return true;
    default:
      return false;
  }
}
