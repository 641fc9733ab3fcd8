import type { NetConnectOpts, Socket } from 'node:net';
import { connectOwned } from '../lib/owned-socket.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import type { HeadLimits } from '../http1/limits.ts';
import { UpstreamConnection, type AttemptOwner, type ConnectionKeeper } from './upstream-connection.ts';

export interface PoolOptions {
  /** Connections of this worker to this target, at most. */
  readonly maximumConnections: number;
  readonly maximumIdle: number;
  readonly idleTimeoutMs: number;
  /** Requests that wait for a connection, at most. */
  readonly maximumWaiting: number;
  readonly connectTimeoutMs: number;
  readonly responseLimits: HeadLimits;
}

/** What a pool needs of its worker. */
export interface PoolContext {
  readonly wheel: TimerWheel;
  readonly clock: { now(): number };
}

export interface PoolInit {
  readonly connect: NetConnectOpts;
  readonly options: PoolOptions;
  readonly ctx: PoolContext;
  /** Opens a connection whose events go to the owner that is set at once; by default one of the system's. */
  readonly openSocket?: (options: NetConnectOpts) => Socket;
}

/** A connection for a request that may not be sent twice has been idle for at most this long, or is a new one. */
const freshIdleMs = 1_000;

/** The rest of an answer that nobody wants has this long to come. */
const unwantedMs = 1_000;

/** What became of asking for a connection. */
export type Acquisition =
  /** It is the owner's; where it is not connected yet, `onConnected` or `onAttemptFailed` follows. */
  | UpstreamConnection
  /** The request waits its turn; `onConnectionAssigned` follows. */
  | 'queued'
  /** The queue is full. */
  | 'busy';

/**
 * The keep-alive connections of one worker to one target. The newest is used first, so that the others may grow old and
 * close. Beyond the largest number, requests wait in the order of their arrival; the deadline for that is theirs.
 */
export class Pool implements ConnectionKeeper {
  private readonly connectOptions: NetConnectOpts;
  private readonly openSocket: (options: NetConnectOpts) => Socket;
  private readonly ctx: PoolContext;
  private readonly idle: UpstreamConnection[] = [];
  private readonly waiting = new Set<AttemptOwner>();
  private readonly connections = new Set<UpstreamConnection>();
  private closing = false;
  options: PoolOptions;

  constructor(init: PoolInit) {
    this.connectOptions = init.connect;
    this.openSocket = init.openSocket ?? connectOwned;
    this.options = init.options;
    this.ctx = init.ctx;
  }

  /** `repeatable`: the request may be sent again if the connection turns out to be closed. */
  acquire(owner: AttemptOwner, repeatable: boolean): Acquisition {
    const connection = this.takeIdle(repeatable);
    if (connection !== null) {
      this.ctx.wheel.cancel(connection);
      connection.assign(owner);
      return connection;
    }
    return this.open(owner);
  }

  /** Like `acquire`, but never an old connection. */
  acquireNew(owner: AttemptOwner): Acquisition {
    return this.open(owner);
  }

  /** The owner does not wait for a connection any more. */
  cancelWait(owner: AttemptOwner): void {
    this.waiting.delete(owner);
  }

  get openConnections(): number {
    return this.connections.size;
  }

  /** Closes what is idle now, and the rest when it becomes idle. */
  close(): void {
    this.closing = true;
    for (const connection of this.idle.splice(0)) connection.destroy();
  }

  private takeIdle(repeatable: boolean): UpstreamConnection | null {
    const connection = this.idle.pop();
    if (connection === undefined) return null;
    if (!repeatable && this.ctx.clock.now() - connection.idleSince > freshIdleMs) {
      this.idle.push(connection);
      return null;
    }
    return connection;
  }

  private open(owner: AttemptOwner): Acquisition {
    if (this.connections.size >= this.options.maximumConnections) {
      // An idle connection too old for this request makes room for a new one.
      const oldest = this.idle.shift();
      if (oldest === undefined) return this.wait(owner);
      oldest.destroy();
    }
    return this.connect(owner);
  }

  private wait(owner: AttemptOwner): Acquisition {
    if (this.waiting.size >= this.options.maximumWaiting) return 'busy';
    this.waiting.add(owner);
    return 'queued';
  }

  private connect(owner: AttemptOwner): UpstreamConnection {
    const socket = this.openSocket(this.connectOptions);
    const limits = this.options.responseLimits;
    const connection = new UpstreamConnection({ socket, owner, keeper: this, limits });
    this.connections.add(connection);
    this.ctx.wheel.schedule(connection, this.ctx.clock.now() + this.options.connectTimeoutMs);
    return connection;
  }

  onConnected(connection: UpstreamConnection): void {
    this.ctx.wheel.cancel(connection);
  }

  onUnwanted(connection: UpstreamConnection): void {
    this.ctx.wheel.schedule(connection, this.ctx.clock.now() + unwantedMs);
  }

  onIdle(connection: UpstreamConnection): void {
    const next = this.nextWaiting();
    if (next !== null) {
      this.ctx.wheel.cancel(connection);
      connection.assign(next);
      next.onConnectionAssigned(connection);
      next.onConnected();
      return;
    }
    if (this.closing || this.idle.length >= this.options.maximumIdle || connection.idleLimitMs === 0) {
      connection.destroy();
      return;
    }
    const now = this.ctx.clock.now();
    connection.idleSince = now;
    this.idle.push(connection);
    this.ctx.wheel.schedule(connection, now + Math.min(this.options.idleTimeoutMs, connection.idleLimitMs));
  }

  onClosed(connection: UpstreamConnection): void {
    this.ctx.wheel.remove(connection);
    this.connections.delete(connection);
    const at = this.idle.lastIndexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
    if (this.connections.size >= this.options.maximumConnections) return;
    const next = this.nextWaiting();
    if (next !== null) next.onConnectionAssigned(this.connect(next));
  }

  private nextWaiting(): AttemptOwner | null {
    for (const owner of this.waiting) {
      this.waiting.delete(owner);
      return owner;
    }
    return null;
  }
}
