import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** What a client of the load asks for, again and again. */
export interface LoadedRequest {
  readonly port: number;
  readonly path: string;
  /** Sent in pieces, with a moment in between; none for a GET. */
  readonly body?: Buffer;
  /** A connection of its own for each request. */
  readonly fresh?: boolean;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const pieces = 4;
/** Between two requests of a client, so that the machine has time for the reloads too. */
const pauseMs = 1;

/** Clients that ask all the time, each one request after the other, and note every one that was not answered with 200. */
export class Load {
  requests = 0;
  readonly failures: string[] = [];
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  private readonly clients: Promise<void>[] = [];
  private stopped = false;
  private paused: PromiseWithResolvers<void> | null = null;

  start(wanted: LoadedRequest): void {
    this.clients.push(this.run(wanted));
  }

  /** Nobody asks for anything once the requests under way have been answered. */
  pause(): void {
    this.paused ??= Promise.withResolvers();
  }

  resume(): void {
    this.paused?.resolve();
    this.paused = null;
  }

  /** Resolves when every client has its last answer. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.resume();
    await Promise.all(this.clients);
    this.agent.destroy();
  }

  /** Resolves when so many more requests have been answered. */
  async more(count: number): Promise<void> {
    const end = this.requests + count;
    while (this.requests < end && this.failures.length === 0) await delay(pauseMs);
  }

  assertFlawless(): void {
    assert.deepEqual(this.failures.slice(0, 5), []);
    assert.ok(this.requests > 0);
  }

  private async run(wanted: LoadedRequest): Promise<void> {
    while (!this.stopped) {
      await this.paused?.promise;
      try {
        const { status, text } = await this.ask(wanted);
        if (status !== 200) this.failures.push(`${wanted.path}: ${status} ${text}`);
      } catch (error) {
        this.failures.push(`${wanted.path}: ${String(error)}`);
      }
      this.requests += 1;
      await delay(pauseMs);
    }
  }

  private async ask({ port, path, body, fresh = false }: LoadedRequest): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      method: body === undefined ? 'GET' : 'POST',
      agent: fresh ? false : this.agent,
      ...(body === undefined ? {} : { headers: { 'Content-Length': body.length } }),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    if (body !== undefined) {
      const length = Math.ceil(body.length / pieces);
      for (let start = 0; start < body.length; start += length) {
        outgoing.write(body.subarray(start, start + length));
        await delay(pauseMs);
      }
    }
    outgoing.end();
    return await promise;
  }
}
