import type { ErrorCode } from '../core/error-codes.ts';
import type { Reply } from '../core/reply.ts';
import type { ResponseHead } from '../core/response-head.ts';
import { chunkLine, endToEndFields, lastChunk } from '../http1/head-writer.ts';
import { fieldRole } from '../core/field-names.ts';
import { Timed } from '../lib/timer-wheel.ts';
import type { Outgoing } from '../lib/outgoing.ts';
import type { Target } from '../upstream/target.ts';
import type { AttemptFailure, AttemptOwner, UpstreamConnection } from '../upstream/upstream-connection.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Exchange } from './exchange.ts';
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
  requestSent = false;
  /** The target of the last attempt. */
  target: Target | null = null;
  private readonly exchange: Exchange;
  private outgoing: Outgoing | null = null;
  private upstream: Upstream | null = null;
  private connection: UpstreamConnection | null = null;
  private tried: Target[] | null = null;
  private lastFailure: ErrorCode | null = null;
  private waiting: Waiting = 'nothing';
  private queued = false;
  /** The head of the request is gathered or written: the connection can take the body. */
  private sending = false;
  /** Anything may have left for the target. */
  private anyByteSent = false;
  private freshTried = false;
  private bodyEnded = false;
  /** What came of the body before there was a connection for it. */
  private held: Buffer | null = null;

  constructor(exchange: Exchange) {
    super();
    this.exchange = exchange;
  }

  start(upstream: Upstream): void {
    this.upstream = upstream;
    this.target = null;
    this.tried = null;
    this.lastFailure = null;
    this.freshTried = false;
    this.bodyEnded = !this.exchange.head.hasBody;
    this.held = null;
    this.attempt();
  }

  /** Picks a target and asks for a connection to it. */
  private attempt(): void {
    const { upstream, exchange } = this;
    if (upstream === null) return;
    const target = upstream.pick(this.tried);
    if (target === null) return exchange.refuse(this.lastFailure ?? 'no_healthy_target');
    this.target = target;
    this.connectTo(target, false);
  }

  private connectTo(target: Target, fresh: boolean): void {
    const { exchange } = this;
    this.requestSent = false;
    this.sending = false;
    this.anyByteSent = false;
    if (!this.exchange.route?.upstream.internal) exchange.ctx.counters.countBackendRequest(this.upstreamSlot);
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

  private get upstreamSlot(): number {
    return this.upstream?.slot ?? -1;
  }

  onConnectionAssigned(connection: UpstreamConnection): void {
    this.queued = false;
    this.connection = connection;
    this.await('nothing', Infinity);
  }

  onConnected(): void {
    const { exchange, connection, target } = this;
    const client = exchange.connection;
    if (connection === null || target === null || client === null) return;
    const { outgoing } = connection;
    this.outgoing = outgoing;
    connection.beginRequest(exchange.head.method);
    const text = upstreamRequestHead({
      head: exchange.head,
      path: exchange.path,
      authority: target.authority,
      requestId: exchange.requestId,
      traceparent: exchange.traceparent,
      peerIp: client.ip,
      peerTrusted: client.isTrusted(exchange.snapshot),
    });
    outgoing.addText(text);
    this.sending = true;
    const held = this.held;
    this.held = null;
    if (held !== null) this.sendBody(held, 0, held.length);
    if (this.bodyEnded) this.endBody();
    // Within a read of the client, the rest of the piece may add to what is gathered here.
    if (!client.reading) {
      this.flush();
      client.resumeReading();
    }
  }

  /** Passes a part of the request's body on; the bytes are only valid during this call. */
  sendBody(bytes: Buffer, start: number, end: number): void {
    if (!this.sending) return this.hold(bytes.subarray(start, end));
    const { outgoing, exchange } = this;
    if (outgoing === null) return;
    this.anyByteSent = true;
    const { chunked } = exchange.head;
    if (chunked) outgoing.addText(chunkLine(end - start));
    let keepsUp = outgoing.addBytes(bytes, start, end);
    if (chunked) keepsUp = outgoing.addText('\r\n') && keepsUp;
    if (!keepsUp) this.onRequestCongested();
  }

  private hold(part: Buffer): void {
    this.held = this.held === null ? Buffer.from(part) : Buffer.concat([this.held, part]);
    this.exchange.connection?.pauseReading();
  }

  endBody(): void {
    this.bodyEnded = true;
    if (!this.sending || this.requestSent) return;
    if (this.exchange.head.chunked) this.outgoing?.addText(lastChunk);
    this.requestSent = true;
  }

  /** Writes what is gathered for the target. */
  flush(): void {
    if (!this.sending) return;
    this.anyByteSent = true;
    this.outgoing?.flushSoon();
    // Until the request is whole, it is the client's time that runs.
    if (this.requestSent && !this.exchange.response.started)
      this.await('response', this.upstream?.timeouts.responseMs ?? 0);
  }

  onRequestCongested(): void {
    if (!this.requestSent) this.exchange.connection?.pauseReading();
  }

  onRequestDrained(): void {
    this.exchange.connection?.resumeReading();
  }

  onInterimHead(head: ResponseHead): void {
    const { exchange } = this;
    if (exchange.head.minorVersion === 0 || exchange.response.started) return;
    exchange.response.interim(`HTTP/1.1 ${head.status} ${head.reason}\r\n${endToEndFields(head, fieldRole.plain)}\r\n`);
  }

  onResponseHead(head: ResponseHead): void {
    const { exchange, target, upstream } = this;
    if (target === null || upstream === null) return;
    this.await('body', upstream.timeouts.idleMs);
    const backend = upstream.internal ? '' : `X-Backend: ${target.authority}\r\n`;
    exchange.response.begin(head, exchange.head, {
      fields: `X-Request-Id: ${exchange.requestId}\r\n${backend}`,
      dateLine: exchange.ctx.dateField.get(),
      // An answer before the request's end leaves a body that nobody waits for.
      close: exchange.mustClose || !this.requestSent,
    });
    if (!upstream.internal && head.status >= 500) exchange.ctx.counters.countBackendError(this.upstreamSlot);
  }

  onResponseBody(bytes: Buffer, start: number, end: number): void {
    if (!this.exchange.response.body(bytes, start, end)) this.pauseResponse();
  }

  onReadDone(): void {
    this.exchange.connection?.outgoing.flushSoon();
    if (this.waiting === 'body') this.await('body', this.upstream?.timeouts.idleMs ?? 0);
  }

  /** The client does not keep up. */
  pauseResponse(): void {
    if (this.connection === null) return;
    this.connection.socket.pause();
    // The client is slow, not the target: its connection has the deadline now.
    this.await('nothing', Infinity);
    this.exchange.connection?.awaitDrain();
  }

  /** The client takes more of the answer. */
  resumeResponse(): void {
    if (this.connection === null) return;
    this.connection.socket.resume();
    if (this.exchange.response.started) this.await('body', this.upstream?.timeouts.idleMs ?? 0);
  }

  onResponseEnd(): void {
    this.connection = null;
    this.sending = false;
    this.await('nothing', Infinity);
    this.exchange.endResponse();
  }

  onAttemptFailed(failure: AttemptFailure): void {
    const { connection, exchange, target } = this;
    this.connection = null;
    this.sending = false;
    this.await('nothing', Infinity);
    if (!this.exchange.route?.upstream.internal) exchange.ctx.counters.countBackendError(this.upstreamSlot);
    if (exchange.response.started || target === null) return exchange.abort(failureCodes[failure]);
    if (failure === 'closed_before_answer' && this.mayUseFresh(connection)) {
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
    return connection !== null && connection.reused && !this.freshTried && (this.repeatable || !this.anyByteSent);
  }

  private await(what: Waiting, milliseconds: number): void {
    const { wheel, clock } = this.exchange.ctx;
    this.waiting = what;
    if (what === 'nothing') wheel.cancel(this);
    else wheel.schedule(this, clock.now() + milliseconds);
  }

  override onDeadline(): void {
    const { waiting, exchange } = this;
    const code = waiting === 'connection' ? 'upstream_busy' : 'upstream_timeout';
    if (waiting === 'nothing') return;
    if (waiting !== 'connection') exchange.ctx.counters.countBackendError(this.upstreamSlot);
    this.cancel();
    exchange.refuse(code, waiting === 'connection' ? retryAfter : []);
  }

  /** Gives up whatever is under way; the target's connection, if there is one, is closed. */
  cancel(): void {
    this.await('nothing', Infinity);
    this.sending = false;
    this.held = null;
    if (this.queued) this.target?.pool.cancelWait(this);
    this.queued = false;
    const connection = this.connection;
    this.connection = null;
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
