import { once } from 'node:events';
import { connect } from 'node:net';
import { readResponse, type ReadResponse } from '../test/support/http-message.ts';
import { RawSocket } from '../test/support/raw-socket.ts';

/** A whole answer, or null for a connection that ended before there was one. */
export type SoakAnswer = ReadResponse | null;

/** One connection of a soak's client. */
export class SoakClient extends RawSocket {
  static async connect(port: number): Promise<SoakClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new SoakClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** The next answer. */
  async answer(method: string): Promise<SoakAnswer> {
    // A connection that ends while something is written to it was reset, as far as the reader is concerned.
    return await this.until<SoakAnswer | 'ended'>('an answer', () => {
      const response = readResponse(this.received, method, this.ending === 'closed');
      if (response === null) return this.ending === null ? null : 'ended';
      this.take(response.length < 0 ? this.received.length : response.length);
      return response;
    }).then((seen) => (seen === 'ended' ? null : seen));
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The text of a request without a body, or of its head. */
export function headOf(method: string, target: string, fields: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: 'soak.example', ...fields }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
