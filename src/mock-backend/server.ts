import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from './body.ts';
import { answerCall } from './endpoints.ts';
import { Faults } from './faults.ts';

export interface MockBackendOptions {
  /** What the answers carry in `backend`. */
  readonly name: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Default: every interface, over IPv6 and IPv4 where the machine has both. */
  readonly host?: string;
}

export interface MockBackend {
  /** `http://host:port`, reachable from this machine, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and cuts every connection, requests in flight included. */
  close(): Promise<void>;
}

/** Longer than a gateway keeps an idle connection in its pool, so that the gateway is the one that closes it. */
const keepAliveTimeoutMs = 75_000;

/**
 * Starts a small HTTP server to try a gateway with: it answers JSON with its own name in every body. Rejects with an
 * `Error` of one clear line when it cannot listen.
 */
export async function startMockBackend(options: MockBackendOptions): Promise<MockBackend> {
  const faults = new Faults();
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (request, response) => {
    answer({ request, response, faults, name: options.name }).catch(() => {
      // Nobody is left to be answered: the client went away before the end of the request or of the answer.
      response.destroy();
    });
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return { url: `http://${reachableHost(options.host)}:${port}`, port, close: () => closeServer(server) };
}

interface Handling {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly faults: Faults;
  readonly name: string;
}

async function answer({ request, response, faults, name }: Handling): Promise<void> {
  const target = request.url ?? '/';
  const queryStart = target.indexOf('?');
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { status, fields, allow } = await answerCall({
    method: request.method ?? 'GET',
    path: queryStart === -1 ? target : target.slice(0, queryStart),
    query: new URLSearchParams(queryStart === -1 ? '' : target.slice(queryStart)),
    headers: request.headers,
    faults,
    gone: gone.signal,
    readBody: (limitBytes) => readBody(request, limitBytes),
  });
  const body = `${JSON.stringify({ backend: name, ...fields })}\n`;
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(status, allow === undefined ? headers : { ...headers, Allow: allow });
  response.end(body);
}

async function listen(server: Server, { name, port, host }: MockBackendOptions): Promise<void> {
  try {
    server.listen({ port, host });
    await once(server, 'listening');
  } catch (error) {
    const place = host === undefined ? `port ${port}` : `port ${port} on ${host}`;
    throw new Error(`The backend ${JSON.stringify(name)} cannot listen: ${explainListenError(error, place)}`, {
      cause: error,
    });
  }
}

function explainListenError(error: unknown, place: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return `${place} is in use by another program. Stop that program or choose another port.`;
    case 'EACCES':
      return `this user may not open ${place}. Choose a port from 1024 up.`;
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return `${place} is not an address of this machine. Choose another host.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host of ${place} cannot be resolved. Choose another host.`;
    default:
      return `${place}: ${message}`;
  }
}

function reachableHost(host: string | undefined): string {
  if (host === undefined || host === '::') return 'localhost';
  if (host === '0.0.0.0') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
