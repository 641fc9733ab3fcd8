import { randomBytes } from 'node:crypto';
import { rejectLate } from './reject-late.ts';
import type { RedisClient, RedisClients } from './redis-clients.ts';
import {
  connectionClosed,
  hungConnectionMs,
  noConnection,
  pulseIntervalMs,
  searchIntervalMs,
} from './redis-watching.ts';

/** For everything that a beat does together. */
const beatTimeoutMs = 400;

/** Published by a script with a key, so that in a cluster it runs on the node that has our keys. */
const publishScript = "return redis.call('PUBLISH', ARGV[1], ARGV[2])";

export interface PulseEvents {
  onUp(): void;
  /** Told whenever the state was not up for some reason, also while it is down. */
  onDown(reason: string): void;
  onMessage(text: string): void;
}

/**
 * Finds out whether a Redis server is there, by sending itself a message through it: published on one connection, heard
 * on the other. So it is up only if commands are obeyed and what others publish arrives too; connections that look open
 * are no proof of either. It subscribes, and subscribes again where a subscription may be lost.
 */
export class RedisPulse {
  private readonly clients: RedisClients;
  private readonly keyInOurSlot: string;
  private readonly channel: string;
  private readonly events: PulseEvents;
  private readonly echoChannel: string;
  private readonly clientEvents: { client: RedisClient; name: string; listener: (argument: unknown) => void }[] = [];
  private sent = 0;
  private heard = 0;
  private onEcho: (() => void) | null = null;
  private subscribed = false;
  private beating = false;
  private stopped = false;
  private timer: NodeJS.Timeout | null = null;
  private up = false;
  private lastUpAt = performance.now();
  private lastReset = 0;
  private lastError = '';

  constructor(init: { clients: RedisClients; key: string; channel: string; events: PulseEvents }) {
    this.clients = init.clients;
    this.keyInOurSlot = init.key;
    this.channel = init.channel;
    this.events = init.events;
    this.echoChannel = `${init.channel}:echo:${randomBytes(8).toString('hex')}`;
  }

  /** Why it was last down. */
  get reason(): string {
    return this.lastError;
  }

  start(): void {
    const { commands, subscriber } = this.clients;
    this.listen(subscriber, 'message', (channel, text) => this.receive(String(channel), String(text)));
    for (const client of new Set([commands, subscriber])) {
      this.listen(client, 'error', (error) => this.noteError(error));
      this.listen(client, 'node error', (error) => this.noteError(error));
      this.listen(client, 'close', () => this.lose(connectionClosed));
      this.listen(client, 'ready', () => this.beatNow());
    }
    this.beatNow();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.onEcho?.();
    for (const { client, name, listener } of this.clientEvents) client.off(name, listener);
    // An error that comes while the connection closes has nobody to go to, and must not end the process.
    for (const client of new Set([this.clients.commands, this.clients.subscriber])) client.on('error', () => {});
  }

  /** A command has failed: a server that answered with an error is still there, and is looked at sooner. */
  onCommandFailure(error: unknown): void {
    if (!(error instanceof Error && error.name === 'ReplyError')) this.lose(reasonOf(error));
    this.beatNow();
  }

  private listen(client: RedisClient, name: string, listener: (...values: unknown[]) => void): void {
    client.on(name, listener);
    this.clientEvents.push({ client, name, listener });
  }

  private receive(channel: string, text: string): void {
    if (channel === this.channel) return this.events.onMessage(text);
    if (channel !== this.echoChannel) return;
    this.heard = Math.max(this.heard, Number(text));
    this.onEcho?.();
  }

  private noteError(error: unknown): void {
    this.lastError = reasonOf(error);
    if (!this.up) this.events.onDown(this.lastError);
  }

  private lose(reason: string): void {
    this.subscribed = false;
    this.up = false;
    // That there is no connection says less than why.
    if (this.lastError === '' || ![noConnection, connectionClosed].includes(reason)) this.lastError = reason;
    this.events.onDown(this.lastError);
  }

  private beatNow(): void {
    if (this.beating || this.stopped) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    void this.beat();
  }

  private async beat(): Promise<void> {
    this.beating = true;
    try {
      await rejectLate(this.sendAndHear(), beatTimeoutMs);
      if (!this.stopped) this.find();
    } catch (error) {
      if (!this.stopped) {
        this.lose(reasonOf(error));
        this.giveUpHungConnections();
      }
    }
    this.beating = false;
    if (this.stopped) return;
    this.timer = setTimeout(() => this.beatNow(), this.up ? pulseIntervalMs : searchIntervalMs);
  }

  private find(): void {
    this.lastUpAt = performance.now();
    this.lastError = '';
    if (this.up) return;
    this.up = true;
    this.events.onUp();
  }

  private async sendAndHear(): Promise<void> {
    const { commands, subscriber } = this.clients;
    if (!this.subscribed) {
      await subscriber.subscribe(this.channel, this.echoChannel);
      this.subscribed = true;
    }
    this.sent += 1;
    const number = this.sent;
    await commands.eval(publishScript, 1, this.keyInOurSlot, this.echoChannel, String(number));
    // It may have come before the answer.
    while (this.heard < number && !this.stopped) await this.awaitEcho();
    // The connection may have been lost meanwhile.
    if (!this.subscribed) throw new Error(connectionClosed);
  }

  private awaitEcho(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.onEcho = resolve;
    return promise;
  }

  /** Packets that nobody answers would otherwise be sent again for many minutes. */
  private giveUpHungConnections(): void {
    const now = performance.now();
    if (now - Math.max(this.lastUpAt, this.lastReset) < hungConnectionMs) return;
    this.lastReset = now;
    for (const client of new Set([this.clients.commands, this.clients.subscriber])) {
      if (client.status === 'ready') client.disconnect(true);
    }
  }
}

/** What an error says, without what ioredis keeps beside it: there, the arguments of AUTH stand in the clear. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return [...new Set(error.errors.map(reasonOf))].join(', ');
  }
  if (!(error instanceof Error)) return String(error);
  // No node of a cluster has answered; this is what the last one said.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return reasonOf(error.lastNodeError);
  const { message } = error;
  return message.startsWith("Stream isn't writeable") || message.startsWith("Cluster isn't ready")
    ? noConnection
    : message;
}
