import type { ErrorCode } from '../core/error-codes.ts';
import type { Exchange } from '../data-plane/exchange.ts';
import { BodyReader } from '../http1/body-reader.ts';
import type { HeadLimits } from '../http1/limits.ts';
import { ResponseParser } from '../http1/response-parser.ts';
import type { EventQueue } from './event-queue.ts';
import { MemorySocket, type MemoryPeer } from './memory-socket.ts';
import { listFields, type FieldList, type ReceivedRequest } from './received-request.ts';
import type { SimulatedTarget } from './simulated-target.ts';

/** Wide enough for whatever a target is told to answer. */
const limits: HeadLimits = { startLineBytes: 65_536, headBytes: 4_194_304, fields: 20_000 };

/** A request as a client sends it. */
export interface SimulatedRequest {
  readonly method: string;
  /** What stands in the request line: mostly a path with its query. */
  readonly path: string;
  /** `Host` among them; the length of the body is added. */
  readonly fields: FieldList;
  /** Null for none. */
  readonly body: Buffer | null;
  readonly clientIp: string;
}

/** What became of a request. */
export interface Outcome {
  /** Null where no answer came. */
  readonly status: number | null;
  readonly fields: FieldList;
  /** Read as UTF-8. */
  readonly body: string;
  /** The connection was cut before the answer was whole. */
  readonly cut: boolean;
  readonly code: ErrorCode | null;
  readonly route: string | null;
  readonly upstream: string | null;
  /** URL of the last target that was asked. */
  readonly target: string | null;
  /** URLs of the targets that were asked, in order. */
  readonly attempts: readonly string[];
  readonly retries: number;
  /** The policy that ended the request. */
  readonly policy: string | null;
  /** What a policy that is only tried out would have refused it with. */
  readonly shadow: ErrorCode | null;
  /** The name of the key that it was made with. */
  readonly consumer: string | null;
  /** As the last target got it. */
  readonly forwarded: ReceivedRequest | null;
  readonly tookMs: number;
}

/** What the gateway knew of a request when it was done with it. */
interface Verdict {
  readonly code: ErrorCode | null;
  readonly route: string | null;
  readonly upstream: string | null;
  readonly retries: number;
  readonly policy: string | null;
  readonly shadow: ErrorCode | null;
  readonly consumer: string | null;
}

const unknown: Verdict = {
  code: null,
  route: null,
  upstream: null,
  retries: 0,
  policy: null,
  shadow: null,
  consumer: null,
};

/** One request under way, on a connection of its own, as its client sees it. */
export class RequestRun implements MemoryPeer {
  readonly wire: MemorySocket;
  readonly startedMs: number;
  done = false;
  private readonly now: () => number;
  private readonly method: string;
  private readonly parser = new ResponseParser(limits);
  private readonly body = new BodyReader();
  private readonly parts: Buffer[] = [];
  private answering = false;
  private whole = false;
  private endedMs = 0;
  private verdict = unknown;
  private readonly asked: SimulatedTarget[] = [];
  private readonly received: { readonly url: string; readonly request: ReceivedRequest }[] = [];

  constructor(request: SimulatedRequest, { events, now }: { events: EventQueue; now: () => number }) {
    this.now = now;
    this.method = request.method;
    this.startedMs = now();
    this.parser.reset(limits);
    this.wire = new MemorySocket({ events, peer: this, remoteAddress: request.clientIp, flowing: false });
    this.wire.receive(requestBytes(request));
  }

  /** The gateway asked this target. */
  noteAttempt(target: SimulatedTarget): void {
    this.asked.push(target);
  }

  noteReceived(url: string, request: ReceivedRequest): void {
    this.received.push({ url, request });
  }

  /** Before the gateway uses the exchange for another request. */
  noteVerdict(exchange: Exchange): void {
    const { route, errorCode, forward, refusedBy, shadowRefusal, consumer } = exchange;
    this.verdict = {
      code: errorCode,
      route: route?.name ?? null,
      upstream: route?.internal === true ? null : (forward.upstream?.name ?? route?.destination.upstream?.name ?? null),
      retries: forward.retries,
      policy: refusedBy?.name ?? null,
      shadow: shadowRefusal,
      consumer: consumer?.name ?? null,
    };
  }

  onBytes(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.done) {
      if (this.answering) {
        at = this.body.next(bytes, at, bytes.length);
        this.parts.push(Buffer.from(bytes.subarray(this.body.dataStart, this.body.dataEnd)));
      } else {
        at = this.parser.feed(bytes, at, bytes.length);
        if (this.parser.complete) this.beginAnswer();
      }
      if (this.parser.error !== null || this.body.error !== null) this.finish(false);
      else if (this.answering && this.body.done) this.finish(true);
    }
  }

  private beginAnswer(): void {
    const { head } = this.parser;
    if (head.status < 200) return this.parser.reset(limits);
    this.answering = true;
    this.body.begin(head.framingFor(this.method), head.contentLength, limits);
  }

  onEnd(): void {
    if (!this.done) this.finish(this.answering && this.body.endOfStream());
  }

  onClosed(): void {
    if (!this.done) this.finish(false);
  }

  /** The client waits no longer. */
  giveUp(): void {
    if (!this.done) this.finish(false);
  }

  private finish(whole: boolean): void {
    this.done = true;
    this.whole = whole;
    this.endedMs = this.now();
    this.wire.receiveEnd();
  }

  get outcome(): Outcome {
    const { verdict, parser, answering, asked } = this;
    const last = asked.at(-1);
    const own = this.received.filter(({ url }) => url === last?.url);
    return {
      ...verdict,
      status: answering ? parser.head.status : null,
      fields: answering ? listFields(parser.head) : [],
      body: Buffer.concat(this.parts).toString('utf8'),
      cut: !this.whole,
      upstream: last?.upstream ?? verdict.upstream,
      target: last?.url ?? null,
      attempts: asked.map(({ url }) => url),
      forwarded: own.at(-1)?.request ?? null,
      tookMs: this.endedMs - this.startedMs,
    };
  }
}

function requestBytes({ method, path, fields, body }: SimulatedRequest): Buffer {
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (const [name, value] of fields) head += `${name}: ${value}\r\n`;
  if (body !== null) head += `Content-Length: ${body.length}\r\n`;
  const bytes = Buffer.from(`${head}\r\n`, 'latin1');
  return body === null ? bytes : Buffer.concat([bytes, body]);
}
