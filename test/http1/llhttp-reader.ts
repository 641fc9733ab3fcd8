/** Reads messages with the parser of node:http (llhttp, in its strict mode). */
import {
  createServer,
  request as createRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { duplexPair } from 'node:stream';

/** A request as node:http has read it; text is one character a byte. */
export interface NodeRequest {
  readonly method: string;
  /** The target of the request line. */
  readonly url: string;
  readonly fields: readonly (readonly string[])[];
  readonly content: string;
}

/** A response as node:http has read it. */
export interface NodeResponse {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly (readonly string[])[];
  readonly content: string;
}

/** A server for `readRequestsByNode`. It does not listen: connections are handed to it. */
export function createNodeReader(): Server {
  return createServer({ insecureHTTPParser: false });
}

/** The requests that a server of node:http reads to their last byte, and what it says of the one that it refuses. */
export async function readRequestsByNode(
  server: Server,
  bytes: Buffer,
): Promise<{ seen: NodeRequest[]; refusal: string }> {
  const seen: NodeRequest[] = [];
  let refusal = '';
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '' } = request;
    let content = '';
    request.setEncoding('latin1');
    request.on('data', (part: string) => (content += part));
    request.on('end', () => {
      seen.push({ method, url, fields: pairUp(request.rawHeaders), content });
      response.end();
    });
    request.on('error', () => {});
  };
  const [client, accepted] = duplexPair();
  const onRefused = (error: NodeJS.ErrnoException & { reason?: string }) => {
    refusal = `${error.code} ${error.reason ?? error.message}`;
    accepted.destroy();
  };
  server.on('request', onRequest);
  server.on('clientError', onRefused);
  const { promise, resolve } = Promise.withResolvers<void>();
  client.on('error', () => {});
  client.on('close', resolve);
  client.resume();
  server.emit('connection', accepted);
  client.end(bytes);
  await promise;
  server.off('request', onRequest);
  server.off('clientError', onRefused);
  return { seen, refusal };
}

/** What a client of node:http takes out of the answer to one request, after which the connection is closed in order. */
export async function readResponseByNode(
  bytes: Buffer,
  method: string,
): Promise<{ interim: NodeResponse[]; final: NodeResponse | null; refusal: string }> {
  const interim: NodeResponse[] = [];
  let final: NodeResponse | null = null;
  let refusal = '';
  const [near, far] = duplexPair();
  const { promise, resolve } = Promise.withResolvers<void>();
  const request = createRequest({ method, insecureHTTPParser: false, createConnection: () => near });
  request.on('information', ({ statusCode, statusMessage, rawHeaders }) => {
    interim.push({ status: statusCode, reason: statusMessage, fields: pairUp(rawHeaders), content: '' });
  });
  request.on('response', (response) => {
    const { statusCode = 0, statusMessage = '', rawHeaders } = response;
    let content = '';
    response.setEncoding('latin1');
    response.on('data', (part: string) => (content += part));
    response.on('error', (error: NodeJS.ErrnoException) => (refusal = String(error.code)));
    response.on('end', () => {
      final = { status: statusCode, reason: statusMessage, fields: pairUp(rawHeaders), content };
    });
    response.on('close', resolve);
  });
  request.on('upgrade', (response) => {
    refusal = `upgrade by ${response.statusCode}`;
    near.destroy();
    resolve();
  });
  request.on('error', (error: NodeJS.ErrnoException & { reason?: string }) => {
    refusal = `${error.code} ${error.reason ?? error.message}`;
    resolve();
  });
  far.on('error', () => {});
  far.resume();
  request.end();
  far.end(bytes);
  await promise;
  near.destroy();
  far.destroy();
  return { interim, final, refusal };
}

function pairUp(raw: readonly string[]): string[][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => raw.slice(2 * index, 2 * index + 2));
}
