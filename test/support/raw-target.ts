import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { readHead, readRequest, type ReadHead, type ReadRequest } from './http-message.ts';
import { RawSocket } from './raw-socket.ts';
import { waitUntil } from './wait.ts';

/** A target's end of a connection of the gateway. */
export class TargetConnection extends RawSocket {
  /** Takes the next request, whole. */
  request(): Promise<ReadRequest> {
    return this.until('a request at the target', () => {
      const request = readRequest(this.received);
      if (request !== null) this.take(request.length);
      return request;
    });
  }

  /** Takes the head of the next request. */
  requestHead(): Promise<ReadHead> {
    return this.until('the head of a request at the target', () => {
      const found = readHead(this.received);
      if (found !== null) this.take(found.length);
      return found?.head ?? null;
    });
  }
}

/** What a target does on a connection, given its number from 0. */
export type TargetScript = (connection: TargetConnection, number: number) => Promise<void> | void;

export interface RawTarget {
  readonly url: string;
  readonly port: number;
  readonly connections: readonly TargetConnection[];
  /** The connection of this number, as soon as there is one. */
  connection(number: number): Promise<TargetConnection>;
}

/** A target that does exactly what a script says. What a script waits for in vain fails nothing: the test sees to that. */
export async function startRawTarget(t: TestContext, script: TargetScript = () => {}): Promise<RawTarget> {
  const connections: TargetConnection[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = new TargetConnection(socket);
    connections.push(connection);
    void Promise.resolve(script(connection, connections.length - 1)).catch(() => {});
  });
  t.after(() => {
    server.close();
    for (const { socket } of connections) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = (number: number) =>
    waitUntil(`connection ${number} at the target`, () => connections[number] ?? null);
  return { url: `http://127.0.0.1:${port}`, port, connections, connection };
}

/** The script of a target that gives every request the same answer and keeps its connections. */
export function answerAlways(answer: string | Buffer): TargetScript {
  return async (connection) => {
    for (;;) {
      await connection.request();
      await connection.write(answer);
    }
  };
}

/** A whole answer of this text. */
export function okText(body: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
