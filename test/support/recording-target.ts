import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** The number of its connection, from 0. */
  readonly connection: number;
}

export interface RecordingTarget {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  readonly connectionCount: () => number;
}

export type Answer = (response: ServerResponse, request: RecordedRequest) => void;

function answerWithName(response: ServerResponse): void {
  response.end('fine');
}

/** A target by Node's own HTTP server, which writes down what it was asked. */
export async function startRecordingTarget(t: TestContext, answer: Answer = answerWithName): Promise<RecordingTarget> {
  const requests: RecordedRequest[] = [];
  const connections: unknown[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', rawHeaders, headers } = request;
      const connection = connections.indexOf(request.socket);
      const recorded = { method, url, rawHeaders, headers, body: Buffer.concat(parts), connection };
      requests.push(recorded);
      answer(response, recorded);
    });
    request.on('error', () => {});
  });
  server.on('connection', (socket) => connections.push(socket));
  t.after(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, connectionCount: () => connections.length };
}
