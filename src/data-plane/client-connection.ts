import type { Socket } from 'node:net';
import { clearOwner, resetSocket, setOwner, type SocketOwner } from '../lib/owned-socket.ts';
import { inNextTurn, type Postponing } from '../lib/next-turn.ts';
import { Outgoing } from '../lib/outgoing.ts';
import { holdUncounted, type Hold } from '../state/client-holds.ts';
import { scalarWord } from '../state/counters.ts';
import { ClientPeer } from './client-peer.ts';
import type { ExchangeStock } from './exchange-stock.ts';
import type { Exchange, ExchangeClient } from './exchange.ts';
import { RequestStash } from './request-stash.ts';
import type { Entrance, OpenConnection, WorkerContext } from './worker-context.ts';

/** So many requests that the gateway answers by itself are seen to at once; then other connections have their turn. */
const maximumAtOnce = 16;
/** A read of more pieces of bodies than this takes long; before there is another, other connections have their turn. */
const maximumPieces = 256;
/** Of a client that is being sent away, so much is still read, and for so long, before it is cut off. */
const maximumLingeringBytes = 262_144;
const lingerMs = 2_000;
/** While draining, a connection that was in use a moment ago gets this long for one more request. */
const drainGraceMs = 1_000;

const open: Entrance = { closed: false };

/** What the deadline of a connection stands for. */
type Waiting = 'nothing' | 'request' | 'head' | 'body' | 'drain' | 'close';

/** One connection of a client: its requests one after the other, and its end. */
export class ClientConnection extends ClientPeer implements SocketOwner, ExchangeClient, OpenConnection, Postponing {
  readonly socket: Socket;
  readonly outgoing: Outgoing;
  readonly entrance: Entrance;
  /** Within a read: what is gathered for the target is written at its end. */
  reading = false;
  hold: Hold = holdUncounted;
  private readonly ctx: WorkerContext;
  private readonly exchanges: ExchangeStock;
  private exchange: Exchange | null = null;
  private readonly stash = new RequestStash();
  private waiting: Waiting = 'nothing';
  private lastActive: number;
  private paused = false;
  private lingering = false;
  private lingeringBytes = 0;
  private closed = false;

  constructor(socket: Socket, ctx: WorkerContext, exchanges: ExchangeStock, entrance = open) {
    super(socket.remoteAddress);
    this.socket = socket;
    this.entrance = entrance;
    this.outgoing = new Outgoing(socket, () => this.exchange?.forward.pauseResponse());
    this.ctx = ctx;
    this.exchanges = exchanges;
    this.lastActive = ctx.clock.now();
    setOwner(socket, this);
    ctx.connections.add(this);
    ctx.counters.add(scalarWord.connections, 1);
    ctx.counters.add(scalarWord.connectionsAccepted, 1);
  }

  /** Begins to read: from now on the client has time for the head of its first request. */
  start(): void {
    this.await('request', this.ctx.live.current.clientTimeouts.headMs);
    this.socket.resume();
  }

  /** It ends with the answer under way, or soon where there is none. */
  get leaving(): boolean {
    return this.ctx.draining || this.entrance.closed;
  }

  onSocketRead(bytes: Buffer, length: number): void {
    this.ctx.counters.add(scalarWord.bytesIn, length);
    if (this.lingering) {
      this.lingeringBytes += length;
      // Cutting it now would take the answer from a client that is still sending; it is left to its deadline instead.
      if (this.lingeringBytes > maximumLingeringBytes) this.socket.pause();
    } else if (!this.stash.isEmpty) {
      this.stash.add(bytes.subarray(0, length));
      if (this.stash.isFull) this.pauseReading();
    } else {
      this.consume(bytes, length);
    }
  }

  /** Feeds `bytes[0, length)` to the request under way and to those that follow it. */
  private consume(bytes: Buffer, length: number, isStash = false): void {
    this.reading = true;
    let at = 0;
    let answered = 0;
    let pieces = 0;
    while (at < length && answered < maximumAtOnce && !this.closed && !this.lingering) {
      const exchange = this.exchange ?? this.beginExchange();
      if (exchange === null) break;
      if (exchange.readingHead) at = exchange.readHead(bytes, at, length);
      else if (exchange.readingBody) at = exchange.readBody(bytes, at, length);
      else break;
      if (this.exchange === null) answered++;
      pieces++;
    }
    this.reading = false;
    if (this.closed || this.lingering) return;
    if (pieces > maximumPieces) this.giveWay();
    if (at < length) this.keepRest(bytes.subarray(at, length), isStash);
    if (this.exchange === null) return this.awaitNext();
    this.exchange.onReadDone();
    // The exchange may have ended in that.
    if (this.exchange !== null) this.awaitRest(this.exchange);
  }

  /** Null while the client does not take the answers that it got so far. */
  private beginExchange(): Exchange | null {
    if (this.outgoing.isCongested) return null;
    this.exchange = this.exchanges.take(this);
    return this.exchange;
  }

  /** Sets the deadline for what the client still owes of its request. */
  private awaitRest(exchange: Exchange): void {
    const { headMs, bodyIdleMs } = exchange.snapshot.clientTimeouts;
    // The time for a head runs from its first byte, however many pieces it comes in.
    if (exchange.readingHead) {
      if (this.waiting !== 'head') this.await('head', headMs);
    } else if (exchange.readingBody && !this.paused) {
      this.await('body', bodyIdleMs);
    } else if (this.waiting !== 'drain') {
      this.await('nothing', Infinity);
    }
  }

  private awaitRequest(): void {
    this.lastActive = this.ctx.clock.now();
    if (this.leaving) this.await('request', drainGraceMs);
    else this.await('request', this.ctx.live.current.clientTimeouts.keepAliveMs);
  }

  /** Between two requests: for the client to take its answers, for the next turn, or for another request. */
  private awaitNext(): void {
    if (this.outgoing.isCongested) return this.awaitDrain();
    if (this.stash.isEmpty) return this.awaitRequest();
    this.lastActive = this.ctx.clock.now();
    this.await('nothing', Infinity);
    inNextTurn(this);
  }

  /** The system has up to 32 reads of a connection follow one another. */
  private giveWay(): void {
    this.socket.pause();
    inNextTurn(this);
  }

  onNextTurn(): void {
    if (this.closed) return;
    if (!this.paused) this.socket.resume();
    if (this.exchange === null && !this.lingering) this.goOn();
  }

  private keepRest(part: Buffer, isStash: boolean): void {
    if (isStash) this.stash.putBack(part);
    else this.stash.add(part);
    if (this.stash.isFull) this.pauseReading();
  }

  /** Goes on with what waits, if the client takes its answers. */
  private goOn(): void {
    if (this.outgoing.isCongested) return this.awaitDrain();
    const stash = this.stash.take();
    if (this.paused) this.resumeReading();
    if (stash !== null) this.consume(stash, stash.length, true);
    else this.awaitRequest();
  }

  pauseReading(): void {
    if (this.paused || this.closed) return;
    this.paused = true;
    this.socket.pause();
    // Whoever it is that is slow, it is not this client.
    if (this.waiting === 'body') this.await('nothing', Infinity);
  }

  resumeReading(): void {
    if (!this.paused || this.closed || this.stash.isFull) return;
    this.paused = false;
    this.socket.resume();
    if (this.exchange !== null && !this.reading) this.awaitRest(this.exchange);
  }

  /** An answer waits for the client to take it. */
  awaitDrain(): void {
    this.await('drain', this.ctx.live.current.clientTimeouts.bodyIdleMs);
  }

  onSocketDrained(): void {
    if (this.lingering) return;
    const exchange = this.exchange;
    if (this.waiting === 'drain') this.await('nothing', Infinity);
    if (exchange !== null) {
      exchange.forward.resumeResponse();
      this.awaitRest(exchange);
    } else {
      this.goOn();
    }
  }

  /** The exchange is over, its answer written or cut. */
  onExchangeDone(close: boolean): void {
    const exchange = this.exchange;
    this.exchange = null;
    this.ctx.counters.add(scalarWord.bytesOut, this.outgoing.takeAdded());
    if (exchange !== null) this.exchanges.giveBack(exchange);
    if (this.closed) return;
    if (close) return this.linger();
    if (this.reading) return;
    this.goOn();
  }

  /** Closes for writing, and takes a little of what the client still sends, so that it can read its answer. */
  private linger(): void {
    this.lingering = true;
    this.stash.clear();
    this.outgoing.flush();
    this.socket.end();
    if (this.paused) this.socket.resume();
    this.paused = false;
    const { bodyIdleMs } = this.ctx.live.current.clientTimeouts;
    this.await('close', this.outgoing.isBehind ? bodyIdleMs : lingerMs);
  }

  /** Cuts the connection, in a way that no answer under way can be taken for a whole one. */
  abort(): void {
    if (this.closed) return;
    this.leave();
    resetSocket(this.socket);
  }

  private destroy(): void {
    if (this.closed) return;
    this.leave();
    this.socket.destroy();
  }

  private leave(): void {
    this.closed = true;
    clearOwner(this.socket);
    this.outgoing.clear();
    this.ctx.wheel.remove(this);
    this.ctx.connections.delete(this);
    this.ctx.holds.giveBack(this.hold);
    this.ctx.counters.add(scalarWord.connections, -1);
    this.stash.clear();
    const exchange = this.exchange;
    if (exchange === null) return;
    exchange.onClientGone();
    this.onExchangeDone(true);
  }

  /** A client that closes its side is gone: what it had asked for is of no use to it (see docs/decisions). */
  onSocketEnd(): void {
    this.destroy();
  }

  onSocketClosed(): void {
    this.destroy();
  }

  /** From now on it is `leaving`: closed at once if not in use, after a moment where a request may be on its way. */
  drain(): void {
    if (this.exchange !== null || this.lingering) return;
    const quietMs = this.ctx.clock.now() - this.lastActive;
    if (quietMs >= drainGraceMs) this.destroy();
    else this.await('request', drainGraceMs - quietMs);
  }

  private await(what: Waiting, milliseconds: number): void {
    this.waiting = what;
    if (milliseconds === Infinity) this.ctx.wheel.cancel(this);
    else this.ctx.wheel.schedule(this, this.ctx.clock.now() + milliseconds);
  }

  override onDeadline(): void {
    const exchange = this.exchange;
    if ((this.waiting === 'head' || this.waiting === 'body') && exchange !== null) {
      exchange.failRequest('request_timeout');
    } else if (this.waiting === 'drain') {
      this.abort();
    } else {
      this.destroy();
    }
  }
}
