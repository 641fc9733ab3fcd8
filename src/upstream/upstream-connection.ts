import type { Socket } from 'node:net';
import type { ResponseHead } from '../core/response-head.ts';
import { inNextTurn, type Postponing } from '../lib/next-turn.ts';
import { clearOwner, setOwner, type SocketOwner } from '../lib/owned-socket.ts';
import { Outgoing } from '../lib/outgoing.ts';
import { Timed } from '../lib/timer-wheel.ts';
import { BodyReader } from '../http1/body-reader.ts';
import type { HeadLimits } from '../http1/limits.ts';
import { ResponseParser } from '../http1/response-parser.ts';

/** Why an exchange with a target ended without a whole answer. */
export type AttemptFailure =
  | 'unreachable'
  | 'connect_timeout'
  /** The connection ended before any byte of the answer. */
  | 'closed_before_answer'
  /** The connection ended within the answer. */
  | 'closed_in_answer'
  | 'invalid_answer';

/** The one who uses a connection for one request. All calls come in order, and none after a failure or the end. */
export interface AttemptOwner {
  /** Whether the request was written to its last byte; otherwise the connection is of no further use. */
  readonly requestSent: boolean;
  /** After waiting in the queue: the connection is this owner's, perhaps still to be opened. */
  onConnectionAssigned(connection: UpstreamConnection): void;
  /** The connection is open and nothing was sent on it yet. */
  onConnected(): void;
  onInterimHead(head: ResponseHead): void;
  onResponseHead(head: ResponseHead): void;
  onResponseBody(bytes: Buffer, start: number, end: number): void;
  /** The answer is whole, and the connection is back in its pool already, if it can be used again. */
  onResponseEnd(): void;
  onAttemptFailed(failure: AttemptFailure): void;
  /** The target does not keep up with the request's body. */
  onRequestCongested(): void;
  /** The target takes more of it. */
  onRequestDrained(): void;
  /** Everything that came in one piece has been told: what was gathered from it can be written. */
  onReadDone(): void;
}

/** What a connection tells its pool. */
export interface ConnectionKeeper {
  onConnected(connection: UpstreamConnection): void;
  /** What is still to come on it is read for its end alone. */
  onUnwanted(connection: UpstreamConnection): void;
  onIdle(connection: UpstreamConnection): void;
  onClosed(connection: UpstreamConnection): void;
}

/** An answer that nobody wants is read up to this; a longer one costs more than a new connection. */
const maximumUnwantedBytes = 65_536;

/** Takes what is not wanted. */
const nobody: AttemptOwner = {
  requestSent: true,
  onConnectionAssigned: () => undefined,
  onConnected: () => undefined,
  onInterimHead: () => undefined,
  onResponseHead: () => undefined,
  onResponseBody: () => undefined,
  onResponseEnd: () => undefined,
  onAttemptFailed: () => undefined,
  onRequestCongested: () => undefined,
  onRequestDrained: () => undefined,
  onReadDone: () => undefined,
};

/** A target may send this many interim responses before the one that counts. */
const maximumInterimHeads = 16;

/** A read of more pieces than this takes long; before there is another, other connections have their turn. */
const maximumPieces = 256;

/** One connection to a target: one request at a time, each for the owner that was set before it. */
export class UpstreamConnection extends Timed implements SocketOwner, Postponing {
  readonly socket: Socket;
  readonly outgoing: Outgoing;
  connected = false;
  closed = false;
  /** Whether an earlier request was answered on it: it may turn out to be closed by the target's idle timeout. */
  reused = false;
  /** When it became idle, on the clock of the worker. */
  idleSince = 0;
  idleLimitMs = Infinity;
  private readonly keeper: ConnectionKeeper;
  private readonly limits: HeadLimits;
  private readonly parser: ResponseParser;
  private readonly body = new BodyReader();
  private owner: AttemptOwner | null;
  private requestMethod = '';
  private answering = false;
  private anyByte = false;
  private readonly beginning = { writes: 0, length: 0 };
  private interimHeads = 0;
  private heldBack = false;

  constructor(init: { socket: Socket; owner: AttemptOwner; keeper: ConnectionKeeper; limits: HeadLimits }) {
    super();
    this.socket = init.socket;
    this.outgoing = new Outgoing(init.socket, () => this.owner?.onRequestCongested());
    this.owner = init.owner;
    this.keeper = init.keeper;
    this.limits = init.limits;
    this.parser = new ResponseParser(init.limits);
    setOwner(init.socket, this);
  }

  /** Whether an answer is under way. */
  get busy(): boolean {
    return this.owner !== null;
  }

  /** Hands an idle connection to the owner of the next request. */
  assign(owner: AttemptOwner): void {
    this.owner = owner;
    this.reused = true;
  }

  /** Says that a request's first bytes are written now, and how to read the answer. */
  beginRequest(method: string): void {
    this.requestMethod = method;
    this.outgoing.noteMark(this.beginning);
    this.parser.reset(this.limits);
    this.answering = false;
    this.anyByte = false;
    this.interimHeads = 0;
  }

  /** The answer under way is not wanted: read to its end if that comes soon, so that the connection can be used again. */
  discardAnswer(): void {
    if (this.owner?.requestSent !== true) return this.destroy();
    this.owner = nobody;
    this.keeper.onUnwanted(this);
  }

  /** Ends the connection at once. The owner, if there is one, hears nothing of it. */
  destroy(): void {
    this.owner = null;
    this.close();
  }

  /** Reads no more of the answer under way until `resume`. */
  pause(): void {
    this.heldBack = true;
    this.socket.pause();
  }

  resume(): void {
    this.heldBack = false;
    this.socket.resume();
  }

  onNextTurn(): void {
    if (!this.closed && !this.heldBack) this.socket.resume();
  }

  onSocketConnected(): void {
    this.connected = true;
    this.keeper.onConnected(this);
    this.owner?.onConnected();
  }

  onSocketDrained(): void {
    this.owner?.onRequestDrained();
  }

  onSocketRead(bytes: Buffer, length: number): void {
    // Bytes that nobody asked for: the answer to a request that was never sent, or one too long.
    if (this.owner === null) return this.close();
    // Too much of the answer before: this request is not even written yet.
    if (!this.anyByte && !this.outgoing.hasWrittenSince(this.beginning)) return this.fail('closed_before_answer');
    this.anyByte = true;
    let at = 0;
    let pieces = 0;
    while (at < length && this.owner !== null) {
      pieces++;
      const rest = { at, length };
      at = this.answering ? this.readBody(this.owner, bytes, rest) : this.readHead(this.owner, bytes, rest);
    }
    if (this.owner !== null) this.owner.onReadDone();
    else if (at < length) return this.close();
    if (pieces > maximumPieces && !this.closed) this.giveWay();
  }

  /** The system has up to 32 reads of a connection follow one another. */
  private giveWay(): void {
    this.socket.pause();
    inNextTurn(this);
  }

  private readHead(owner: AttemptOwner, bytes: Buffer, { at, length }: { at: number; length: number }): number {
    const parser = this.parser;
    const used = parser.feed(bytes, at, length);
    if (parser.error !== null) {
      this.fail('invalid_answer');
      return length;
    }
    if (!parser.complete) return used;
    const head = parser.head;
    if (head.status < 200) {
      if (head.status === 101 || ++this.interimHeads > maximumInterimHeads) {
        this.fail('invalid_answer');
        return length;
      }
      if (head.status === 103) owner.onInterimHead(head);
      parser.reset(this.limits);
      return used;
    }
    this.answering = true;
    this.body.begin(head.framingFor(this.requestMethod), head.contentLength, this.limits);
    owner.onResponseHead(head);
    // The owner may have handed the answer over to nobody, as one that is not wanted.
    if (this.body.done && this.owner !== null) this.finish(this.owner, used < length);
    return used;
  }

  private readBody(owner: AttemptOwner, bytes: Buffer, { at, length }: { at: number; length: number }): number {
    const body = this.body;
    const used = body.next(bytes, at, length);
    if (body.dataEnd > body.dataStart) owner.onResponseBody(bytes, body.dataStart, body.dataEnd);
    if (this.owner !== owner) return used;
    if (body.error !== null) {
      this.fail('invalid_answer');
      return length;
    }
    if (body.done) this.finish(owner, used < length);
    else if (owner === nobody && body.received > maximumUnwantedBytes) this.destroy();
    return used;
  }

  private finish(owner: AttemptOwner, bytesLeft: boolean): void {
    const head = this.parser.head;
    const framing = head.framingFor(this.requestMethod);
    // A head may state a body that does not belong to this answer: after HEAD, in a 304, by mistake in a 204 (RFC 9110,
    // 8.6). A target that sends it nonetheless, perhaps late, would have it taken for the next answer.
    const isSound = framing !== 'close' && !(framing === 'none' && (head.chunked || head.contentLength > 0));
    const reusable = !bytesLeft && owner.requestSent && head.persistent && isSound;
    this.idleLimitMs = head.keepAliveSeconds >= 0 ? Math.max(head.keepAliveSeconds * 1000 - 1000, 0) : Infinity;
    this.owner = null;
    // The last piece may have been too much for whoever takes the answer; the next one is another's.
    if (this.heldBack) this.resume();
    // Given back first, so that a request which waits behind this one finds it.
    if (reusable) this.keeper.onIdle(this);
    else this.close();
    owner.onResponseEnd();
  }

  onSocketEnd(): void {
    const owner = this.owner;
    if (owner !== null && this.answering && this.body.endOfStream()) {
      this.finish(owner, false);
      return;
    }
    this.fail(this.anyByte ? 'closed_in_answer' : 'closed_before_answer');
  }

  onSocketClosed(): void {
    if (!this.closed) this.fail(this.closeReason());
  }

  private closeReason(): AttemptFailure {
    if (!this.connected) return 'unreachable';
    return this.anyByte ? 'closed_in_answer' : 'closed_before_answer';
  }

  /** The pool's deadline for connecting, or for being idle. */
  override onDeadline(): void {
    if (this.owner === null || this.owner === nobody) this.close();
    else if (!this.connected) this.fail('connect_timeout');
  }

  private fail(failure: AttemptFailure): void {
    const owner = this.owner;
    this.owner = null;
    this.close();
    owner?.onAttemptFailed(failure);
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    clearOwner(this.socket);
    this.outgoing.clear();
    this.socket.destroy();
    this.keeper.onClosed(this);
  }
}
