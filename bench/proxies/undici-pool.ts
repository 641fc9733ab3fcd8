/**
 * A reverse proxy of `node:http` and undici's pool: `node undici-pool.ts PORT TARGET-PORT PACKAGE`, the last one the
 * folder of the package, which is no dependency of this repository.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';

interface StreamOptions {
  readonly path: string | undefined;
  readonly method: string | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: IncomingMessage | null;
}

/** What is used of undici. */
interface Pool {
  stream(
    options: StreamOptions,
    begin: (answer: { statusCode: number; headers: NodeJS.Dict<string | string[]> }) => Writable,
  ): Promise<unknown>;
}

const [port = '', targetPort = '', folder = ''] = process.argv.slice(2);
const undici = createRequire(import.meta.url)(folder) as {
  Pool: new (origin: string, options: { connections: number; pipelining: number }) => Pool;
};
const pool = new undici.Pool(`http://127.0.0.1:${targetPort}`, { connections: 256, pipelining: 1 });

async function forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { connection: _, 'transfer-encoding': coding, ...headers } = incoming.headers;
  const hasBody = coding !== undefined || Number(headers['content-length'] ?? 0) > 0;
  const options = {
    path: incoming.url,
    method: incoming.method,
    headers: { ...headers, 'x-forwarded-for': incoming.socket.remoteAddress },
    body: hasBody ? incoming : null,
  };
  await pool.stream(options, ({ statusCode, headers: fields }) => {
    const { connection: _ignored, 'keep-alive': _alive, ...kept } = fields;
    outgoing.writeHead(statusCode, kept);
    return outgoing;
  });
}

const server = createServer({ keepAliveTimeout: 600_000 }, (incoming, outgoing) => {
  forward(incoming, outgoing).catch(() => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end();
  });
});
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4_096 });
