import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { readHead, readResponse, type ReadHead, type ReadResponse } from './http-message.ts';
import { RawSocket } from './raw-socket.ts';
import { within } from './wait.ts';

/** A client that sends exactly the bytes that it is given. */
export class RawClient extends RawSocket {
  /** Opens a connection to 127.0.0.1, which ends with the test at the latest. */
  static async connect(t: TestContext, port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const client = new RawClient(socket);
    t.after(() => socket.destroy());
    await within('a connection to the gateway', once(socket, 'connect'));
    return client;
  }

  /** Takes the next response, an interim one among them. `method` is that of its request. */
  response(method = 'GET'): Promise<ReadResponse> {
    return this.until(`the response to ${method}`, () => {
      const response = readResponse(this.received, method, this.ending === 'closed');
      if (response !== null) this.take(response.length < 0 ? this.received.length : response.length);
      return response;
    });
  }

  /** The head of the next response, which stays to be taken. */
  responseHead(): Promise<ReadHead> {
    return this.until('the head of a response', () => readHead(this.received)?.head ?? null);
  }

  async ask(bytes: string | Buffer, method = 'GET'): Promise<ReadResponse> {
    void this.write(bytes);
    return await this.response(method);
  }
}

/** Sends bytes on a connection of their own and takes the first response. */
export async function rawRequest(t: TestContext, port: number, bytes: string | Buffer): Promise<ReadResponse> {
  const client = await RawClient.connect(t, port);
  const method = /^\w+/.exec(bytes.toString('latin1'))?.[0] ?? 'GET';
  const response = await client.ask(bytes, method);
  client.socket.destroy();
  return response;
}

/** A request with Host and the fields given, without a body. */
export function requestText(method: string, target: string, fields: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: 'example.com', ...fields }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export const plainGet = requestText('GET', '/');
