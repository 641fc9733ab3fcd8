import { scalarWord } from '../state/counters.ts';
import { isIdempotent } from '../upstream/retry.ts';
import { Timed } from '../lib/timer-wheel.ts';
import { chunkLine, lastChunk } from '../http1/head-writer.ts';
import type { MirrorRule } from '../snapshot/snapshot.ts';
import type { Target } from '../upstream/target.ts';
import type { AttemptFailure, AttemptOwner, UpstreamConnection } from '../upstream/upstream-connection.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AttemptBooks } from './attempt-books.ts';
import { isClosedWhileKept } from './attempt-outcome.ts';
import type { Forward } from './forward.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import type { BodyCopy } from './request-sender.ts';
import { upstreamRequestHead } from './upstream-request.ts';
import type { WorkerContext } from './worker-context.ts';

/** Names the route on every copy, so that a target can tell copies from requests that somebody waits for. */
const mirrorField = 'X-Mirrored-From';

/** Sends a request on, and a copy of it to where its route is mirrored. */
export function forwardRequest(exchange: ForwardedExchange & { readonly forward: Forward }, upstream: Upstream): void {
  const { route, forward } = exchange;
  if (route === null || route.mirror === null) return forward.start(upstream);
  const copy = beginCopy(exchange, route.mirror);
  forward.sender.copy = copy;
  forward.start(upstream);
  // After that the exchange may be another request's: the copy has taken what it needs.
  copy?.sendIfWhole();
}

/** Null where this request is not copied. */
function beginCopy(exchange: ForwardedExchange & { readonly forward: Forward }, rule: MirrorRule): RequestCopy | null {
  const { ctx, head, client, route, forward } = exchange;
  if (head.wantsUpgrade || client === null || (rule.share < 1 && ctx.random() >= rule.share)) return null;
  const target = rule.upstream.pick(exchange, null);
  const held = forward.sender.heldBody();
  if (target === null || Math.max(held.length, head.contentLength) > rule.bodyLimitBytes) {
    ctx.counters.add(scalarWord.mirrorsDropped, 1);
    return null;
  }
  // What a client sends under this name says nothing.
  head.remove(mirrorField.toLowerCase());
  const text = upstreamRequestHead(exchange, target, client);
  const copy = new RequestCopy({
    ctx,
    rule,
    target,
    method: head.method,
    chunked: head.chunked,
    head: `${text.slice(0, -2)}${mirrorField}: ${route?.name ?? ''}\r\n\r\n`,
  });
  if (held.length > 0) copy.add(held, 0, held.length);
  if (forward.sender.bodyEnded) copy.markWhole();
  return copy;
}

/**
 * A copy of a request for a mirror, which nobody waits for. It is gathered beside the request, sent once that is whole, and
 * knows nothing of it from then on; its answer is read and dropped. Whatever is in its way ends it: a body above the limit,
 * a client that goes away before its request is whole, a pool without a free connection, an open circuit breaker, a target
 * that is slow.
 */
class RequestCopy extends Timed implements AttemptOwner, BodyCopy {
  requestSent = false;
  private readonly ctx: WorkerContext;
  private readonly rule: MirrorRule;
  private readonly target: Target;
  private readonly method: string;
  private readonly head: string;
  private readonly chunked: boolean;
  private readonly books: AttemptBooks;
  private parts: Buffer[] = [];
  private bytes = 0;
  private whole = false;
  private sending = false;
  private freshTried = false;
  private answered = false;
  private ended = false;
  private connection: UpstreamConnection | null = null;

  constructor(init: {
    ctx: WorkerContext;
    rule: MirrorRule;
    target: Target;
    method: string;
    head: string;
    chunked: boolean;
  }) {
    super();
    this.ctx = init.ctx;
    this.rule = init.rule;
    this.target = init.target;
    this.method = init.method;
    this.head = init.head;
    this.chunked = init.chunked;
    this.books = new AttemptBooks(init.ctx);
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.whole || this.ended) return;
    this.bytes += end - start;
    if (this.bytes > this.rule.bodyLimitBytes) this.finish();
    else this.parts.push(Buffer.from(bytes.subarray(start, end)));
  }

  markWhole(): void {
    this.whole = true;
  }

  /** The body is whole. */
  end(): void {
    this.whole = true;
    this.sendIfWhole();
  }

  /** The request is over: a copy of a part of it is of no use. */
  cut(): void {
    if (!this.whole) this.finish();
  }

  sendIfWhole(): void {
    if (!this.whole || this.sending || this.ended) return;
    this.sending = true;
    if (!this.books.enter(this.rule.upstream, this.target)) return this.finish();
    this.connect(false);
  }

  /** A connection that was idle for long is only good for what can be sent again. */
  private get repeatable(): boolean {
    return this.bytes === 0 && isIdempotent(this.method);
  }

  private connect(fresh: boolean): void {
    const { pool } = this.target;
    this.books.begin();
    const acquired = fresh ? pool.acquireNew(this) : pool.acquire(this, this.repeatable);
    if (acquired === 'queued') pool.cancelWait(this);
    if (acquired === 'queued' || acquired === 'busy') return this.finish();
    this.connection = acquired;
    if (acquired.connected) this.onConnected();
  }

  onConnectionAssigned(): void {
    // It never waits in a queue.
  }

  onConnected(): void {
    const { connection, chunked, bytes } = this;
    if (connection === null) return;
    const { outgoing } = connection;
    connection.beginRequest(this.method);
    outgoing.addText(chunked && bytes > 0 ? this.head + chunkLine(bytes) : this.head);
    for (let part = this.parts.shift(); part !== undefined; part = this.parts.shift()) {
      outgoing.addBytes(part, 0, part.length);
    }
    if (chunked) outgoing.addText(bytes > 0 ? `\r\n${lastChunk}` : lastChunk);
    this.requestSent = true;
    outgoing.flushSoon();
    this.books.noteSent();
    this.awaitAnswer();
  }

  /** The answer has so long to begin, and as long again to end. */
  private awaitAnswer(): void {
    this.ctx.wheel.schedule(this, this.ctx.clock.now() + this.rule.upstream.timeouts.responseMs);
  }

  onInterimHead(): void {
    // Nobody waits for it.
  }

  onResponseHead(head: { readonly status: number }): void {
    this.answered = true;
    this.books.noteAnswer(head.status);
    this.awaitAnswer();
  }

  onResponseBody(): void {
    // Nobody reads it.
  }

  onReadDone(): void {
    // Nothing was gathered from what was read.
  }

  onRequestCongested(): void {
    // What the target does not take in time is cut by the deadline; no more is to come.
  }

  onRequestDrained(): void {
    // Everything was written at once.
  }

  onResponseEnd(): void {
    this.books.settle('success');
    this.finish();
  }

  onAttemptFailed(failure: AttemptFailure): void {
    if (this.repeatable && !this.freshTried && isClosedWhileKept(failure, this.connection)) {
      this.freshTried = true;
      this.requestSent = false;
      this.ctx.wheel.cancel(this);
      this.books.leave(true);
      return this.connect(true);
    }
    this.books.settle('failure');
    this.finish();
  }

  override onDeadline(): void {
    this.connection?.destroy();
    this.books.settle('failure');
    this.finish();
  }

  /** Whatever became of it, it is counted once, and holds nothing any more. */
  private finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.ctx.counters.add(this.answered ? scalarWord.mirrored : scalarWord.mirrorsDropped, 1);
    this.books.settle('abandoned');
    this.books.leave(this.connection !== null);
    this.connection = null;
    this.parts = [];
    this.ctx.wheel.remove(this);
  }
}
