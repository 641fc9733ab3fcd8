import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawClientOptions {
  readonly port: number;
  readonly path: string;
  /** The address to connect from: each one has a range of ports of its own. */
  readonly localAddress: string;
}

/** One connection that is kept alive, with one request at a time, as small as such a thing can be. */
export class RawClient {
  readonly #socket: Socket;
  readonly #request: Buffer;
  #received = '';
  #waiting: { resolve: () => void; reject: (error: Error) => void } | null = null;

  private constructor(socket: Socket, request: string) {
    this.#socket = socket;
    this.#request = Buffer.from(request, 'latin1');
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('The gateway closed the connection.')));
  }

  static async open({ port, path, localAddress }: RawClientOptions): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === 'open';
  }

  /** Sends one request; resolves when its answer, a 200 with a Content-Length, has arrived whole. */
  async ask(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting = { resolve, reject };
    this.#socket.write(this.#request);
    await promise;
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    this.#socket.end();
    await once(this.#socket, 'close');
  }

  #read(bytes: Buffer): void {
    this.#received += bytes.toString('latin1');
    const headEnd = this.#received.indexOf('\r\n\r\n');
    const waiting = this.#waiting;
    if (headEnd < 0 || waiting === null) return;
    const head = this.#received.slice(0, headEnd);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
    if (!head.startsWith('HTTP/1.1 200 ') || Number.isNaN(length)) {
      waiting.reject(new Error(`This answer was not expected: ${head}`));
    } else if (this.#received.length >= headEnd + 4 + length) {
      this.#received = '';
      this.#waiting = null;
      waiting.resolve();
    }
  }
}
