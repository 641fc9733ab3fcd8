import type { RedisLocation } from '../core/store-location.ts';
import { commandTimeoutMs, createRedisClient, type RedisClient } from './redis-clients.ts';
import { reasonOf } from './redis-pulse.ts';
import {
  connectionClosed,
  hungConnectionMs,
  noConnection,
  pulseIntervalMs,
  searchIntervalMs,
} from './redis-watching.ts';

/** At the start nobody waits longer for the first answer. */
const firstAnswerMs = 1_000;
const late = 'it did not answer in time';
/** What tells less than a reason that is known already. */
const vagueReasons = new Set([noConnection, connectionClosed]);

export interface RedisCircuitOptions {
  readonly location: RedisLocation;
  /** Asks the server for what `ask` is used for, at no cost; `topic` is that of what was asked last. */
  probe(client: RedisClient, topic: string): Promise<unknown>;
  /** Told of every change, and once when it turns out at the start how things are. `reason` is empty while up. */
  onStateChange(up: boolean, reason: string): void;
}

interface Asking {
  readonly sinceMs: number;
  readonly topic: string;
  giveUp(): void;
}

/**
 * Asks Redis, as long as it answers. The first question that gets no answer, or none in time, opens the circuit: it and
 * all others under way are given up together, and nobody asks again until a probe in the background was answered in
 * time. So of all requests only those that are under way when the server is lost wait for it, for 200 ms at most.
 */
export class RedisCircuit {
  private readonly options: RedisCircuitOptions;
  private client: RedisClient | null = null;
  private readonly clientEvents: { name: string; listener: (argument: unknown) => void }[] = [];
  /** The oldest first. */
  private readonly askings = new Set<Asking>();
  private readonly settled = Promise.withResolvers<void>();
  /** Null until it turns out. */
  private isUp: boolean | null = null;
  private closed = false;
  private probing = false;
  private lastTopic = '';
  private lastError = '';
  private lastAnswerAt = performance.now();
  private lastReset = 0;
  private lateTimer: NodeJS.Timeout | null = null;
  private probeTimer: NodeJS.Timeout | null = null;

  constructor(options: RedisCircuitOptions) {
    this.options = options;
  }

  /** Whether it makes sense to ask. */
  get up(): boolean {
    return this.isUp === true;
  }

  /** Why it is not up. */
  get reason(): string {
    return this.lastError;
  }

  /** Begins to connect. Resolves when it has turned out whether the server is there; never rejects. */
  async start(): Promise<void> {
    this.probeLater(firstAnswerMs);
    createRedisClient(this.options.location).then(
      (client) => this.use(client),
      (error: unknown) => this.fall(error),
    );
    return this.settled.promise;
  }

  /**
   * What `send` comes to; null where the server is lost, or gets lost over it. `topic` tells a probe what to look for; in
   * a cluster it decides which node is asked.
   */
  ask<Answer extends object>(topic: string, send: (client: RedisClient) => Promise<Answer>): Promise<Answer | null> {
    const { client } = this;
    if (!this.up || client === null) return Promise.resolve(null);
    const { promise, resolve } = Promise.withResolvers<Answer | null>();
    const asking: Asking = { sinceMs: performance.now(), topic, giveUp: () => resolve(null) };
    this.askings.add(asking);
    this.lateTimer ??= setTimeout(() => this.checkOldest(), commandTimeoutMs);
    void this.follow(asking, send(client), resolve);
    return promise;
  }

  private async follow<Answer>(
    asking: Asking,
    pending: Promise<Answer>,
    resolve: (answer: Answer) => void,
  ): Promise<void> {
    try {
      const answer = await pending;
      // It may have been given up, and what it asked for done elsewhere.
      if (!this.askings.delete(asking)) return;
      this.lastAnswerAt = performance.now();
      resolve(answer);
    } catch (error) {
      if (this.askings.has(asking)) this.fall(error, asking.topic);
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.isUp = false;
    this.lastError = 'it is closed';
    this.giveUpAskings();
    if (this.probeTimer !== null) clearTimeout(this.probeTimer);
    this.settled.resolve();
    const { client } = this;
    if (client === null) return;
    for (const { name, listener } of this.clientEvents) client.off(name, listener);
    // An error that comes while the connection closes has nobody to go to, and must not end the process.
    client.on('error', () => {});
    client.disconnect();
  }

  private use(client: RedisClient): void {
    if (this.closed) return client.disconnect();
    this.client = client;
    this.listen('ready', () => this.probeNow());
    this.listen('error', (error) => this.noteError(error));
    this.listen('node error', (error) => this.noteError(error));
    this.listen('close', () => this.fall(connectionClosed));
  }

  private listen(name: string, listener: (argument: unknown) => void): void {
    this.client?.on(name, listener);
    this.clientEvents.push({ name, listener });
  }

  private noteError(error: unknown): void {
    if (!this.up) this.lastError = reasonOf(error);
  }

  private checkOldest(): void {
    this.lateTimer = null;
    const [oldest] = this.askings;
    if (oldest === undefined) return;
    const leftMs = oldest.sinceMs + commandTimeoutMs - performance.now();
    if (leftMs <= 0) this.fall(late, oldest.topic);
    else this.lateTimer = setTimeout(() => this.checkOldest(), Math.ceil(leftMs));
  }

  private rise(): void {
    this.lastAnswerAt = performance.now();
    this.lastError = '';
    this.tell(true);
  }

  private fall(reason: unknown, topic = this.lastTopic): void {
    if (this.closed) return;
    this.lastTopic = topic;
    const text = reasonOf(reason);
    if (this.lastError === '' || !vagueReasons.has(text)) this.lastError = text;
    // The next pulse would be a long time off.
    if (this.isUp !== false && !this.probing) this.probeLater(searchIntervalMs);
    this.tell(false);
    this.giveUpAskings();
  }

  private tell(up: boolean): void {
    if (this.isUp === up) return;
    this.isUp = up;
    this.options.onStateChange(up, this.lastError);
    this.settled.resolve();
  }

  private giveUpAskings(): void {
    if (this.lateTimer !== null) clearTimeout(this.lateTimer);
    this.lateTimer = null;
    const askings = [...this.askings];
    this.askings.clear();
    for (const asking of askings) asking.giveUp();
  }

  /** In place of what was planned. */
  private probeLater(delayMs: number): void {
    if (this.probeTimer !== null) clearTimeout(this.probeTimer);
    this.probeTimer = setTimeout(() => this.probeNow(), delayMs * (0.75 + Math.random() / 2));
  }

  private probeNow(): void {
    if (this.probing || this.closed) return;
    if (this.probeTimer !== null) clearTimeout(this.probeTimer);
    this.probeTimer = null;
    void this.probe();
  }

  private async probe(): Promise<void> {
    const { client } = this;
    this.probing = true;
    const startedAt = performance.now();
    try {
      if (client === null) throw new Error(late);
      // Whoever was just answered needs no further proof.
      const proven = this.up && startedAt - this.lastAnswerAt < pulseIntervalMs / 2;
      if (!proven) await this.options.probe(client, this.lastTopic);
      if (performance.now() - startedAt > commandTimeoutMs) throw new Error(late);
      if (!this.closed && !proven) this.rise();
    } catch (error) {
      this.fall(error);
      this.giveUpHungConnection();
    }
    this.probing = false;
    if (!this.closed) this.probeLater(this.up ? pulseIntervalMs : searchIntervalMs);
  }

  /** Packets that nobody answers would otherwise be sent again for many minutes. */
  private giveUpHungConnection(): void {
    const now = performance.now();
    if (this.closed || now - Math.max(this.lastAnswerAt, this.lastReset) < hungConnectionMs) return;
    this.lastReset = now;
    const status = this.client?.status;
    if (status === 'ready' || status === 'connect') this.client?.disconnect(true);
  }
}
