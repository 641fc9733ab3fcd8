import { once } from 'node:events';
import type { Socket } from 'node:net';
import { within } from './wait.ts';

/** How a connection ended: the peer closed its side in order, or reset it. */
export type Ending = 'closed' | 'reset';

/** One end of a connection, which keeps everything that it receives until somebody takes it. */
export class RawSocket {
  readonly socket: Socket;
  /** Bytes that were received in all. */
  receivedBytes = 0;
  /** Whether what comes is kept to be taken; what is not is counted alone. */
  keeps = true;
  /** Null while the peer may send more. */
  ending: Ending | null = null;
  private readonly change = new EventTarget();
  private parts: Buffer[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (part: Buffer) => {
      if (this.keeps) this.parts.push(part);
      this.receivedBytes += part.length;
      this.tell();
    });
    socket.on('end', () => this.conclude('closed'));
    socket.on('error', () => this.conclude('reset'));
    socket.on('close', () => this.conclude('closed'));
  }

  /** What was received and not taken yet. */
  get received(): Buffer {
    if (this.parts.length !== 1) this.parts = [Buffer.concat(this.parts)];
    return this.parts[0] ?? Buffer.alloc(0);
  }

  private conclude(ending: Ending): void {
    this.ending ??= ending;
    this.tell();
  }

  private tell(): void {
    this.change.dispatchEvent(new Event('change'));
  }

  /** Sends text (one character a byte) or bytes. Resolves when the system has taken them, or the connection is gone. */
  async write(bytes: string | Buffer): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => done.resolve());
    await done.promise;
  }

  /** Closes this side for writing. */
  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Resolves with the first value of `ask` that is not null; it is asked after everything that happens. */
  async until<Value>(what: string, ask: () => Value | null): Promise<Value> {
    const stop = new AbortController();
    const asking = async (): Promise<Value> => {
      for (;;) {
        const answer = ask();
        if (answer !== null) return answer;
        if (this.ending !== null) throw new Error(`${what}: the connection was ${this.ending}; ${this.describe()}`);
        await once(this.change, 'change', { signal: stop.signal });
      }
    };
    try {
      return await within(what, asking());
    } catch (error) {
      throw new Error(`${String(error)}; ${this.describe()}`, { cause: error });
    } finally {
      stop.abort();
    }
  }

  private describe(): string {
    return `received: ${JSON.stringify(this.received.toString('latin1', 0, 2_000))}`;
  }

  /** Takes the first bytes of what was received. */
  take(length: number): Buffer {
    const { received } = this;
    this.parts = [received.subarray(length)];
    return received.subarray(0, length);
  }

  /** Resolves when the peer has ended the connection or reset it. */
  ended(): Promise<Ending> {
    return this.until('the end of the connection', () => this.ending);
  }
}
