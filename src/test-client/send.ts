import { once } from 'node:events';
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { PlannedRequest } from './plan.ts';

/** What came back; `failure` says why nothing did, and then `status` is null. */
export interface Answer {
  readonly status: number | null;
  /** From the start of sending to the last byte of the body. */
  readonly timeMs: number;
  /** `backend` in the JSON body, else the field X-Backend, else null. */
  readonly backend: string | null;
  /** `code` in the JSON body of an error, else null. */
  readonly code: string | null;
  readonly failure: string | null;
}

/** Nothing can be reached at the endpoint, so that going on makes no sense; the message is one line. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

export interface SenderOptions {
  /** An http or https URL; its path goes before every request's. */
  readonly endpoint: URL;
  /** For one request, from its start to the last byte of its answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Sends one request after the other over a connection that is kept alive. */
export interface Sender {
  /** Rejects with `UnreachableError`, or with the signal's reason when it is aborted. */
  send(planned: PlannedRequest): Promise<Answer>;
  close(): void;
}

/** An answer's body is read to its end, but only so much of it is looked at. */
const inspectedBytes = 1024 * 1024;

export function createSender(options: SenderOptions): Sender {
  const secure = options.endpoint.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  return {
    send: (planned) => sendRequest(planned, options, agent),
    close: () => agent.destroy(),
  };
}

async function sendRequest(planned: PlannedRequest, options: SenderOptions, agent: HttpAgent): Promise<Answer> {
  const { endpoint, timeoutMs, signal } = options;
  signal.throwIfAborted();
  const send = endpoint.protocol === 'https:' ? requestHttps : requestHttp;
  const url = new URL(endpoint.pathname.replace(/\/$/, '') + planned.path, endpoint);
  const started = performance.now();
  const request = send(url, { method: planned.method, headers: headersOf(planned), agent });
  // Whoever awaits the answer hears of an error; one that comes after the answer must not end the process.
  request.on('error', () => {});
  let timedOut = false;
  const cut = () => request.destroy();
  const timer = setTimeout(() => {
    timedOut = true;
    cut();
  }, timeoutMs);
  signal.addEventListener('abort', cut);
  try {
    request.end(planned.body ?? undefined);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const text = await readText(response);
    return { ...inspect(response, text), timeMs: performance.now() - started };
  } catch (error) {
    signal.throwIfAborted();
    const failure = timedOut ? `no answer within ${timeoutMs} ms` : explainFailure(error, endpoint);
    return { status: null, timeMs: performance.now() - started, backend: null, code: null, failure };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cut);
  }
}

function headersOf({ apiKey, body }: PlannedRequest): Record<string, string | number> {
  return {
    Accept: 'application/json',
    ...(apiKey === null ? {} : { 'X-API-Key': apiKey }),
    ...(body === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (sizeBytes < inspectedBytes) chunks.push(chunk);
    sizeBytes += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function inspect(response: IncomingMessage, text: string): Omit<Answer, 'timeMs'> {
  const fields = parseObject(text);
  const named = response.headers['x-backend'];
  return {
    status: response.statusCode ?? null,
    backend: textOf(fields['backend']) ?? textOf(named),
    code: textOf(fields['code']),
    failure: null,
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The reason why one request failed; throws `UnreachableError` where every other one would fail as well. */
function explainFailure(error: unknown, endpoint: URL): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ECONNREFUSED':
      throw new UnreachableError(
        `Nothing listens at ${endpoint.origin}: the connection was refused. Start the gateway, or name another endpoint.`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      throw new UnreachableError(`The host name in ${endpoint.origin} cannot be resolved.`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      throw new UnreachableError(`The host of ${endpoint.origin} cannot be reached.`);
    case 'ECONNRESET':
      return 'the connection was closed before the end of the answer';
    default:
      return code?.startsWith('HPE_') === true ? 'the answer is not well-formed HTTP' : message;
  }
}
