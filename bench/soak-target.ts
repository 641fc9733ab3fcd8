import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const longestStallMs = 1_500;

/** The body that belongs to a path and a size, and to no other. */
export function bodyFor(path: string, size: number): string {
  return `${path}|`.repeat(Math.ceil(size / (path.length + 1))).slice(0, size);
}

/** What a target says of a body that it got. */
export function echoOf(path: string, body: Buffer): string {
  return JSON.stringify({ path, size: body.length, sha1: createHash('sha1').update(body).digest('hex') });
}

/** The targets of a soak: one that is always well, and one that fails in every way at random. */
export class SoakTargets {
  readonly steadyPort: number;
  readonly flakyPort: number;
  private readonly servers: readonly Server[];

  private constructor(servers: readonly Server[]) {
    this.servers = servers;
    const [steadyPort = 0, flakyPort = 0] = servers.map((server) => (server.address() as AddressInfo).port);
    this.steadyPort = steadyPort;
    this.flakyPort = flakyPort;
  }

  static async start(): Promise<SoakTargets> {
    const answers = [answerWell, answerSomehow];
    const servers = answers.map((answer) =>
      createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
        // A connection that was lost in between is what a soak is for.
        answer(request, response).catch(() => response.destroy());
      }),
    );
    for (const server of servers) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    return new SoakTargets(servers);
  }

  stop(): void {
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function answerWell(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  const received = await readBody(request);
  const size = Number(/[?&]size=(\d+)/.exec(path)?.[1] ?? 0);
  const body = request.method === 'POST' ? echoOf(path, received) : bodyFor(path, size);
  if (size % 2 === 0) response.setHeader('Content-Length', body.length);
  else response.write(body.slice(0, size >> 1));
  response.end(size % 2 === 0 ? body : body.slice(size >> 1));
}

async function answerSomehow(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { socket } = request;
  const fate = Math.floor(Math.random() * 10);
  if (fate === 0) socket.resetAndDestroy();
  else if (fate === 1) socket.end('HTTP/1.1 200 OK\nthis is not HTTP\n\n');
  else if (fate === 2) response.writeHead(503).end('no');
  else if (fate === 3) response.writeHead(200, { 'Content-Length': 100 }).write('cut', () => socket.destroy());
  else if (fate === 4) await delay(Math.random() * longestStallMs, undefined, { ref: false });
  if (!socket.destroyed && !response.headersSent) await answerWell(request, response);
}
