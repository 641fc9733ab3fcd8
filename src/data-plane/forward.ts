import type { ErrorCode } from '../core/error-codes.ts';
import type { ResponseHead } from '../core/response-head.ts';
import { endToEndFields } from '../http1/head-writer.ts';
import { isIdempotent, mayReachTwice } from '../upstream/retry.ts';
import type { Target } from '../upstream/target.ts';
import type { AttemptFailure, AttemptOwner, UpstreamConnection } from '../upstream/upstream-connection.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { passedOnAnswers } from './client-response.ts';
import { AttemptBooks } from './attempt-books.ts';
import { failureCodes, isClosedWhileKept, isUnsent, retryAfterField } from './attempt-outcome.ts';
import { ForwardDeadline, type Waiting } from './forward-deadline.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import { RequestSender } from './request-sender.ts';
import { askedDelayMs, isReasonToRetry, planRetry } from './retry-plan.ts';
import { runResponsePolicies } from './run-policies.ts';
import { TargetChoice } from './target-choice.ts';
import { upstreamRequestHead } from './upstream-request.ts';

const shortly = retryAfterField(0);

/**
 * The way of one request to a target and of the answer back: pick a target, ask the breaker, get a connection, send, judge
 * what comes, and try again where the rules for it let that happen. Nothing of an answer is passed on before it is
 * decided that there is no other try.
 */
export class Forward implements AttemptOwner {
  /** The target of the last attempt. */
  target: Target | null = null;
  /** How often the request was sent again because an attempt failed. */
  retries = 0;
  private readonly exchange: ForwardedExchange;
  readonly sender = new RequestSender();
  upstream: Upstream | null = null;
  private connection: UpstreamConnection | null = null;
  private readonly choice: TargetChoice;
  private lastFailure: ErrorCode | null = null;
  readonly deadline: ForwardDeadline;
  private queued = false;
  private freshTried = false;
  private readonly books: AttemptBooks;

  constructor(exchange: ForwardedExchange) {
    this.exchange = exchange;
    this.choice = new TargetChoice(exchange);
    this.books = new AttemptBooks(exchange.ctx);
    this.deadline = new ForwardDeadline(exchange.ctx, (waiting) => this.onDeadline(waiting));
  }

  /** Makes ready for another request: what comes of its body is held back until `start`. */
  reset(): void {
    this.upstream = null;
    this.target = null;
    this.lastFailure = null;
    this.freshTried = false;
    this.retries = 0;
    // How much is kept is known once the upstream is; until then all is.
    this.sender.reset(this.exchange.head);
  }

  start(upstream: Upstream): void {
    this.upstream = upstream;
    this.choice.begin(upstream);
    const { retry } = upstream;
    if (retry !== null) {
      retry.budget.countRequest();
      if (mayReachTwice(this.exchange.head.method, retry.options)) this.sender.keepUpTo(retry.options.bodyLimitBytes);
    }
    this.attempt();
  }

  /** Picks a target and asks for a connection to it. */
  private attempt(): void {
    const target = this.retries > 0 ? this.choice.nextForRetry() : this.choice.next();
    if (target === null) this.exchange.refuse(this.lastFailure ?? 'no_healthy_target');
    else this.tryTarget(target);
  }

  private tryTarget(target: Target): void {
    const { upstream, exchange } = this;
    if (upstream === null) return;
    if (!this.books.enter(upstream, target)) {
      return exchange.refuse('circuit_open', retryAfterField(upstream.breaker?.retryAfterMs() ?? 0));
    }
    this.target = target;
    this.connectTo(target, false);
  }

  private connectTo(target: Target, fresh: boolean): void {
    this.sender.stop();
    this.books.begin();
    const acquired = fresh ? target.pool.acquireNew(this) : target.pool.acquire(this, this.repeatable);
    if (acquired === 'busy') {
      this.exchange.refuse('upstream_busy', shortly);
    } else if (acquired === 'queued') {
      this.queued = true;
      this.deadline.set('connection', this.upstream?.timeouts.waitMs ?? 0);
    } else {
      this.connection = acquired;
      if (acquired.connected) this.onConnected();
    }
  }

  /** Whether the target may get the request twice: by its method, and because all of it is still there. */
  private get repeatable(): boolean {
    return this.sender.repeatable && isIdempotent(this.exchange.head.method);
  }

  onConnectionAssigned(connection: UpstreamConnection): void {
    this.queued = false;
    this.connection = connection;
    this.deadline.clear();
  }

  onConnected(): void {
    const { exchange, connection, target } = this;
    const { client } = exchange;
    if (connection === null || target === null || client === null) return;
    connection.beginRequest(exchange.head.method);
    const keepsUp = this.sender.begin(connection.outgoing, upstreamRequestHead(exchange, target, client));
    // Within a read of the client, the rest of the piece may add to what is gathered here.
    if (client.reading) return;
    this.flush();
    if (keepsUp) client.resumeReading();
    else this.onRequestCongested();
  }

  get requestSent(): boolean {
    return this.sender.complete;
  }

  /** Passes a part of the request's body on; the bytes are only valid during this call. */
  sendBody(bytes: Buffer, start: number, end: number): void {
    if (!this.sender.body(bytes, start, end)) this.onRequestCongested();
  }

  endBody(): void {
    this.sender.end();
  }

  /** Writes what is gathered for the target. */
  flush(): void {
    this.sender.flush();
    // Until the request is whole, it is the client's time that runs.
    if (this.sender.complete && this.deadline.waiting === 'nothing' && !this.exchange.response.started) {
      this.deadline.set('response', this.upstream?.timeouts.responseMs ?? 0);
      this.books.noteSent();
    }
  }

  onRequestCongested(): void {
    if (this.sender.complete) return;
    this.exchange.client?.pauseReading();
    const isSending = this.connection?.connected === true && !this.exchange.response.started;
    if (isSending) this.deadline.set('request-taken', this.upstream?.timeouts.idleMs ?? 0);
  }

  onRequestDrained(): void {
    if (this.deadline.waiting === 'request-taken') this.deadline.clear();
    this.exchange.client?.resumeReading();
  }

  onInterimHead(head: ResponseHead): void {
    if (this.exchange.head.minorVersion === 0) return;
    this.exchange.response.interim(
      `HTTP/1.1 ${head.status} ${head.reason}\r\n${endToEndFields(head, passedOnAnswers)}\r\n`,
    );
  }

  onResponseHead(head: ResponseHead): void {
    const { exchange, target, upstream } = this;
    if (target === null || upstream === null) return;
    this.books.noteAnswer(head.status);
    if (head.status >= 500) {
      const asked = askedDelayMs(head, exchange.ctx.clock.wallTime());
      if (isReasonToRetry(upstream, head) && this.mayTryAgain(asked)) return;
    }
    const { route } = exchange;
    if (route !== null && !runResponsePolicies(exchange, route, head)) return exchange.refuse('internal_error');
    this.deadline.set('body', upstream.timeouts.idleMs);
    exchange.response.begin(head, exchange.head, {
      fields: exchange.identity.answerLine + target.backendLine + this.retryLine + exchange.responseFields,
      replacedRoles: exchange.replacedRoles,
      date: exchange.ctx.dateField,
      // An answer before the request's end leaves a body that nobody waits for.
      close: exchange.mustClose || !this.sender.complete,
    });
  }

  /** For an answer that was not the first one. */
  get retryLine(): string {
    return this.retries === 0 ? '' : `X-Retry-Count: ${this.retries}\r\n`;
  }

  /** Decides whether the request is sent again, and if so gives up this attempt and waits for the time to do it. */
  private mayTryAgain(retryAfterMs: number | null): boolean {
    const { upstream, exchange, sender, target } = this;
    if (upstream === null || target === null) return false;
    const delayMs = planRetry({ upstream, exchange, sender, retries: this.retries, retryAfterMs });
    if (delayMs < 0) return false;
    this.retries++;
    this.books.countRetry();
    this.choice.addTried(target);
    const { connection } = this;
    this.leaveConnection();
    connection?.discardAnswer();
    this.deadline.set('retry', delayMs);
    return true;
  }

  onResponseBody(bytes: Buffer, start: number, end: number): void {
    if (!this.exchange.response.body(bytes, start, end)) this.pauseResponse();
  }

  onReadDone(): void {
    this.exchange.client?.outgoing.flushSoon();
    if (this.deadline.waiting === 'body') this.deadline.set('body', this.upstream?.timeouts.idleMs ?? 0);
  }

  /** The client does not keep up. */
  pauseResponse(): void {
    if (this.connection === null) return;
    this.connection.pause();
    // From here it is the client that is waited for, not the target.
    this.deadline.clear();
    this.exchange.client?.awaitDrain();
  }

  /** The client takes more of the answer. */
  resumeResponse(): void {
    if (this.connection === null || !this.connection.connected) return;
    this.connection.resume();
    if (this.exchange.response.started) this.deadline.set('body', this.upstream?.timeouts.idleMs ?? 0);
    else this.flush();
  }

  onResponseEnd(): void {
    this.books.settle('success');
    this.leaveConnection();
    this.sender.release();
    this.exchange.endResponse();
  }

  onAttemptFailed(failure: AttemptFailure): void {
    const { connection, exchange, target } = this;
    const mayRepeat = this.repeatable || !this.sender.anyByteSent;
    const mayUseFresh = !this.freshTried && mayRepeat && isClosedWhileKept(failure, connection);
    this.leaveConnection();
    if (mayUseFresh && target !== null) {
      this.freshTried = true;
      return this.connectTo(target, true);
    }
    this.books.settle('failure');
    const code = failureCodes[failure];
    this.lastFailure = code;
    const isTooLate = exchange.response.started && !exchange.response.retract();
    if (isTooLate || target === null) return exchange.abort(code);
    if (isUnsent(failure)) {
      // Nothing has reached the target, so the next one is asked at once, whatever the rules for retries are.
      this.choice.addUnreachable(target);
      const next = this.choice.next();
      if (next !== null) return this.tryTarget(next);
    }
    if (!this.mayTryAgain(null)) exchange.refuse(code);
  }

  private leaveConnection(): void {
    this.books.leave(this.connection !== null);
    this.connection = null;
    this.sender.stop();
    this.deadline.clear();
  }

  private onDeadline(waiting: Waiting): void {
    const { exchange } = this;
    if (waiting === 'retry') return this.attempt();
    if (waiting === 'connection') {
      this.cancel();
      return exchange.refuse('upstream_busy', shortly);
    }
    this.books.settle('failure');
    const { connection } = this;
    this.leaveConnection();
    connection?.destroy();
    if (exchange.response.started || !this.mayTryAgain(null)) exchange.refuse('upstream_timeout');
  }

  /** Gives up whatever is under way; the target's connection, if there is one, is closed. */
  cancel(): void {
    if (this.queued) this.target?.pool.cancelWait(this);
    this.queued = false;
    const { connection } = this;
    // What was given up says nothing of how long the target takes.
    this.connection = null;
    this.books.settle('abandoned');
    this.leaveConnection();
    this.sender.release();
    connection?.destroy();
  }
}
