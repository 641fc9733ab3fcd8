import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Wire } from './request-case.ts';
import { readRequestAt, type WireMessage } from './wire-reader.ts';

/** A request as it came, and the bytes that it was. */
export interface RecordedRequest {
  readonly message: WireMessage;
  readonly bytes: Buffer;
}

/** One connection of the gateway to the recorder. */
export class RecordedConnection {
  readonly socket: Socket;
  readonly requests: RecordedRequest[] = [];
  /** What is no whole request, or not yet. */
  rest: Buffer = Buffer.alloc(0);
  /** Why its bytes cannot be read. */
  fault: string | null = null;
  ended = false;

  constructor(socket: Socket, onRequest: (request: RecordedRequest) => string) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.read(bytes, onRequest));
    socket.on('error', () => {});
    socket.on('end', () => socket.destroy());
    socket.on('close', () => (this.ended = true));
  }

  private read(bytes: Buffer, onRequest: (request: RecordedRequest) => string): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    try {
      for (;;) {
        const message = readRequestAt(this.rest, 0);
        if (message === null) return;
        const request = { message, bytes: this.rest.subarray(0, message.end) };
        this.requests.push(request);
        this.rest = this.rest.subarray(message.end);
        this.socket.write(onRequest(request), 'latin1');
      }
    } catch (error) {
      this.fault = String(error);
      this.socket.destroy();
    }
  }
}

/** A target that keeps every byte that it gets and answers every request with its own request line. */
export interface Recorder {
  readonly url: string;
  /** All requests so far, in the order of their ends. */
  readonly requests: readonly RecordedRequest[];
  readonly connections: readonly RecordedConnection[];
}

export async function startRecorder(t: TestContext): Promise<Recorder> {
  const requests: RecordedRequest[] = [];
  const connections: RecordedConnection[] = [];
  const answer = (request: RecordedRequest): string => {
    requests.push(request);
    const text = nameOf(request.message);
    const body = text.startsWith('HEAD ') ? '' : text;
    return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${body}`;
  };
  const server = createServer({ noDelay: true }, (socket) => connections.push(new RecordedConnection(socket, answer)));
  t.after(() => {
    server.close();
    for (const { socket } of connections) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, connections };
}

/** What the recorder says in answer to a request. */
export function nameOf({ startLine }: Pick<WireMessage, 'startLine'>): string {
  return startLine.slice(0, -' HTTP/1.1'.length);
}

/** A recorded request, ID, TRACE and TARGET standing for what the gateway made up, which the client did not say. */
export function plainWire({ message }: RecordedRequest, said: string): Wire {
  const madeUp = (name: string) => (line: string) => (said.includes(line) ? line : `${line.split(': ')[0]}: ${name}`);
  const head = message.head
    .replace(/^Host: 127\.0\.0\.1:\d+$/m, 'Host: TARGET')
    .replace(/^X-Request-Id: [0-9a-f]{32}$/m, madeUp('ID'))
    .replace(/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01$/m, madeUp('TRACE'));
  return { head, body: message.body };
}
