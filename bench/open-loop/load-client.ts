import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import { LatencyRecorder, type LatencySummary } from './latency-recorder.ts';
import { Schedule } from './schedule.ts';

export interface OpenLoopSetting {
  readonly port: number;
  /** The bytes of a request. */
  readonly request: string;
  /** Of every answer. */
  readonly bodyBytes: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** Open from the start; a request that finds none idle waits, and its waiting is part of its latency. */
  readonly connections: number;
}

export interface OpenLoopResult extends LatencySummary {
  /** How late requests were sent, for whatever reason. */
  readonly lateP99Ms: number;
  /** Most requests that waited for a connection at once. */
  readonly mostWaiting: number;
}

/** In which all connections are opened. */
const openingMs = 500;
const receiveBytes = 65_536;
/** How long the last answers may take. */
const graceMs = 5_000;

/**
 * Sends requests at a fixed rate, whether or not earlier ones have been answered, and counts the latency of each from
 * the moment at which it was due: there is no coordinated omission. It looks at the clock all the time, since no timer
 * is fine enough, and so takes as much of its core as nobody else wants.
 */
export class LoadClient {
  private readonly setting: OpenLoopSetting;
  private readonly bytes: Buffer;
  private readonly schedule: Schedule;
  private readonly latencies: LatencyRecorder;
  private readonly delays: LatencyRecorder;
  private readonly idle: Socket[] = [];
  private readonly sockets: Socket[] = [];
  /** Due times of requests that no connection was idle for, the earliest first. */
  private readonly waiting: number[] = [];
  private readonly dueTimes = new Map<Socket, number>();
  private readonly done = Promise.withResolvers<void>();
  private answered = 0;
  private mostWaiting = 0;
  private readonly total: number;
  private readonly endMs: number;

  private constructor(setting: OpenLoopSetting, beginMs: number) {
    const { ratePerSecond, seconds, request } = setting;
    this.setting = setting;
    this.total = Math.round(ratePerSecond * seconds);
    this.endMs = beginMs + seconds * 1_000 + graceMs;
    this.bytes = Buffer.from(request, 'latin1');
    this.schedule = new Schedule({ ratePerSecond, beginMs, total: this.total });
    this.latencies = new LatencyRecorder(this.total);
    this.delays = new LatencyRecorder(this.total);
  }

  /** Rejects when a connection breaks, an answer is wrong, or the last ones do not come. */
  static async run(setting: OpenLoopSetting): Promise<OpenLoopResult> {
    const client = new LoadClient(setting, performance.now() + openingMs);
    // Not before somebody waits for it: a connection that breaks before is told of there.
    client.done.promise.catch(() => {});
    await Promise.all(Array.from({ length: setting.connections }, () => client.open()));
    setImmediate(client.turn);
    try {
      await client.done.promise;
    } finally {
      for (const socket of client.sockets) socket.destroy();
    }
    const lateP99Ms = client.delays.summarise().p99Ms;
    return { ...client.latencies.summarise(), lateP99Ms, mostWaiting: client.mostWaiting };
  }

  private async open(): Promise<void> {
    const reader = new AnswerReader(this.setting.bodyBytes);
    const socket = connect({
      host: '127.0.0.1',
      port: this.setting.port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(receiveBytes),
        callback: (length, buffer) => {
          this.onBytes(socket, reader, Buffer.from(buffer.buffer, buffer.byteOffset, length));
          return true;
        },
      },
    });
    socket.on('error', (error) => this.done.reject(error));
    socket.on('close', () => this.done.reject(new Error('a connection was closed')));
    await once(socket, 'connect');
    this.sockets.push(socket);
    this.idle.push(socket);
  }

  private onBytes(socket: Socket, reader: AnswerReader, bytes: Buffer): void {
    try {
      if (!reader.feed(bytes, bytes.length)) return;
    } catch (error) {
      this.done.reject(error);
      return;
    }
    this.latencies.record(performance.now() - (this.dueTimes.get(socket) ?? NaN));
    this.answered += 1;
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(socket);
    else this.send(socket, next);
    // Many answers may be there at once, and what is due meanwhile does not wait for the last of them.
    this.sendDue();
    if (this.answered === this.total) this.done.resolve();
  }

  private send(socket: Socket, dueMs: number): void {
    this.dueTimes.set(socket, dueMs);
    this.delays.record(performance.now() - dueMs);
    socket.write(this.bytes);
  }

  private readonly turn = (): void => {
    const nowMs = this.sendDue();
    if (nowMs > this.endMs) this.done.reject(new Error(`${this.total - this.answered} requests have no answer`));
    else if (this.answered < this.total) setImmediate(this.turn);
  };

  /** Sends what is due by now; returns the time. */
  private sendDue(): number {
    const nowMs = performance.now();
    for (let dueMs = this.schedule.take(nowMs); !Number.isNaN(dueMs); dueMs = this.schedule.take(nowMs)) {
      const socket = this.idle.pop();
      if (socket !== undefined) {
        this.send(socket, dueMs);
      } else {
        this.waiting.push(dueMs);
        this.mostWaiting = Math.max(this.mostWaiting, this.waiting.length);
      }
    }
    return nowMs;
  }
}
