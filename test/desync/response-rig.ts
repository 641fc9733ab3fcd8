import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { errorCodes } from '../../src/core/error-codes.ts';
import { readResponseByNode } from '../http1/llhttp-reader.ts';
import { documentFor, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';
import { waitUntil } from '../support/wait.ts';
import type { ResponseCase } from './response-case.ts';
import { readRequestAt, readResponseAt, statusOf, type WireMessage } from './wire-reader.ts';

/** How the bytes of an answer arrive. */
export type Cutting = 'whole' | 'byte by byte';

/** An answer of many kilobytes is cut into this many pieces in place of bytes. */
const mostPieces = 700;

interface TargetConnection {
  readonly socket: Socket;
  requests: number;
  ended: boolean;
}

/** A gateway before a target that answers `/case` with what the case says and all else with the name of the request. */
export class ResponseRig {
  private port = 0;
  private readonly connections: TargetConnection[] = [];
  private it: ResponseCase | null = null;
  private cutting: Cutting = 'whole';
  private caseNumber = 0;
  /** Answers that were cut behind their heads. */
  cuts = 0;

  static async start(t: TestContext): Promise<ResponseRig> {
    const rig = new ResponseRig();
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => rig.serve(socket));
    t.after(() => {
      server.close();
      for (const { socket } of rig.connections) socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    rig.port = (await startGateway(t, documentFor([target]))).port;
    await rig.askAfter(await RawClient.connect(t, rig.port));
    return rig;
  }

  private serve(socket: Socket): void {
    const connection: TargetConnection = { socket, requests: 0, ended: false };
    this.connections.push(connection);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('end', () => {
      connection.ended = true;
      socket.end();
    });
    socket.on('close', () => (connection.ended = true));
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      const request = readRequestAt(rest, 0);
      if (request === null) return;
      rest = rest.subarray(request.end);
      connection.requests++;
      void this.answer(connection, request);
    });
  }

  private async answer(connection: TargetConnection, { startLine }: WireMessage): Promise<void> {
    const { socket } = connection;
    const [, path = ''] = startLine.split(' ');
    if (path !== '/case') {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
      return;
    }
    const { answer = '', after = 'keeps' } = this.it ?? {};
    const size = this.cutting === 'whole' ? answer.length : Math.ceil(answer.length / mostPieces);
    for (let at = 0; at < answer.length && !connection.ended; at += size) {
      await new Promise<void>((resolve) => {
        socket.write(Buffer.from(answer.slice(at, at + size), 'latin1'), () => resolve());
      });
    }
    if (after === 'closes') socket.end();
    if (after === 'resets') socket.resetAndDestroy();
  }

  /** Runs one case, and holds it to what it says and to what holds for all. */
  async run(t: TestContext, it: ResponseCase, cutting: Cutting): Promise<void> {
    this.it = it;
    this.cutting = cutting;
    const client = await RawClient.connect(t, this.port);
    void client.write(`${it.method} /case HTTP/${it.version}\r\nHost: a\r\nConnection: keep-alive\r\n\r\n`);
    for (const text of it.interim) {
      const message = await takeAnswer(client, it.method);
      assert.equal(message.head, text);
    }
    const { told } = it;
    let closes = false;
    if (told === 'cut') {
      closes = await this.holdCut(client, it.method);
    } else {
      const message = await takeAnswer(client, it.method);
      if ('code' in told) holdBadGateway(message, told.code, it.method);
      else assert.deepEqual({ head: plainHead(message), body: message.body }, told);
      closes = /^connection: close\r$/im.test(message.head);
    }
    await this.holdTarget(it);
    await this.holdClient(t, client, { ...it, closes });
  }

  /** Nobody takes what came for a whole answer. True where the connection is cut, false for a 502 in place of it. */
  private async holdCut(client: RawClient, method: string): Promise<boolean> {
    const status = await client.until('a 502 or a reset', () => {
      if (client.ending !== null) return client.ending;
      return client.received.indexOf('HTTP/1.1 502 ') === 0 ? 502 : null;
    });
    // As long as nothing of the answer has left the gateway, there is a better one.
    if (status === 502) {
      const { body } = await takeAnswer(client, method);
      assert.match(body, /"code":"upstream_(invalid_response|reset)"/);
      return false;
    }
    assert.equal(status, 'reset');
    this.cuts++;
    const { received } = client;
    assert.equal(readResponseAt(received, 0, { method, ended: false }), null, 'the answer looks whole');
    // A reset is not an end: what has no length cannot be held against a reader that is told of an end in order.
    if (/^(content-length|transfer-encoding):/im.test(received.toString('latin1'))) {
      assert.equal((await readResponseByNode(received, method)).final, null, 'the answer looks whole to llhttp');
    }
    return true;
  }

  /** The connection of the case at the target goes on, or has ended before anybody could be given it again. */
  private async holdTarget({ reused }: ResponseCase): Promise<void> {
    const last = this.connections.at(-1);
    assert.ok(last !== undefined);
    if (!reused) return void (await waitUntil('the end of the target’s connection', () => last.ended));
    assert.equal(last.ended, false);
  }

  /** The client's connection goes on where it may, and gets the next answer; so does a connection of its own. */
  private async holdClient(
    t: TestContext,
    client: RawClient,
    { told, reused, version, closes }: ResponseCase & { closes: boolean },
  ): Promise<void> {
    const before = this.connections.length;
    if (told !== 'cut' && closes) assert.equal(await client.ended(), 'closed');
    if (!closes) {
      assert.equal(client.received.length, 0);
      await this.askAfter(client, version);
    }
    client.socket.destroy();
    await this.askAfter(await RawClient.connect(t, this.port));
    assert.equal(this.connections.length, before + (reused ? 0 : 1));
  }

  private async askAfter(client: RawClient, version = '1.1'): Promise<void> {
    const path = `/after-${this.caseNumber++}`;
    void client.write(`GET ${path} HTTP/${version}\r\nHost: a\r\nConnection: keep-alive\r\n\r\n`);
    const message = await takeAnswer(client, 'GET');
    assert.deepEqual([statusOf(message), message.body], [200, path]);
  }
}

async function takeAnswer(client: RawClient, method: string): Promise<WireMessage> {
  const message = await client.until('an answer', () =>
    readResponseAt(client.received, 0, { method, ended: client.ending === 'closed' }),
  );
  const bytes = Buffer.from(client.take(message.end));
  const status = statusOf(message);
  const alike = await readResponseByNode(bytes, method);
  const expected = { status, reason: message.startLine.slice(13), fields: message.fields, content: message.body };
  assert.deepEqual(status < 200 ? alike.interim : [alike.final], [expected], 'llhttp reads the answer in another way');
  return message;
}

function plainHead({ head }: WireMessage): string {
  return head
    .replace(/^X-Request-Id: [0-9a-f]{32}$/m, 'X-Request-Id: ID')
    .replace(/^Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 2\d{3} [\d:]{8} GMT$/m, 'Date: DATE')
    .replace(/^X-Backend: 127\.0\.0\.1:\d+$/m, 'X-Backend: TARGET');
}

function holdBadGateway(
  message: WireMessage,
  code: 'upstream_invalid_response' | 'upstream_reset',
  method: string,
): void {
  assert.equal(statusOf(message), errorCodes[code].status, message.body);
  if (method !== 'HEAD') assert.equal((JSON.parse(message.body) as Record<string, unknown>)['code'], code);
}
