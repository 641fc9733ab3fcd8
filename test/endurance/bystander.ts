import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { within } from '../support/wait.ts';
import type { BystanderQuestion, Latencies } from './latencies.ts';

/** Connections that the clients of a bystander have at most. */
export const bystanderConnections = 4;

/**
 * Clients that have nothing to do with an attack: three that keep their connections and one with a new connection for
 * each request, and their target, in a thread of their own, so that nothing delays them but the gateway.
 */
export class Bystander {
  /** Of the target, which is theirs alone. */
  readonly targetUrl: string;
  private readonly thread: Worker;

  private constructor(thread: Worker, targetPort: number) {
    this.thread = thread;
    this.targetUrl = `http://127.0.0.1:${targetPort}`;
  }

  static async start(t: TestContext): Promise<Bystander> {
    const thread = new Worker(new URL('./bystander-thread.ts', import.meta.url));
    t.after(() => thread.terminate());
    const [port] = (await within('the thread of the bystander', once(thread, 'message'))) as [number];
    return new Bystander(thread, port);
  }

  /** Begins to ask the gateway at this port, at `/bystander/…`. */
  begin(port: number): void {
    this.tell({ kind: 'begin', port });
  }

  /** As soon as there are at least so many. */
  take(least: number): Promise<Latencies> {
    return this.ask({ kind: 'take', least });
  }

  /** Lets what is under way end, and closes the connections. */
  end(): Promise<Latencies> {
    return this.ask({ kind: 'end' });
  }

  private async ask(question: BystanderQuestion): Promise<Latencies> {
    const answered = within('the bystander to answer', once(this.thread, 'message'));
    this.tell(question);
    const [latencies] = (await answered) as [Latencies];
    return latencies;
  }

  private tell(question: BystanderQuestion): void {
    this.thread.postMessage(question);
  }
}
