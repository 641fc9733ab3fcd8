import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeBody } from './body.ts';
import type { Faults } from './faults.ts';

const maximumBodyBytes = 1024 * 1024;
const defaultDelayMs = 500;
const maximumDelayMs = 600_000;

/** A request, as an endpoint sees it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly faults: Faults;
  /** Aborted when the client goes away. */
  readonly gone: AbortSignal;
  /** The body, or null when it is longer than the limit. */
  readBody(limitBytes: number): Promise<Buffer | null>;
}

/** The JSON fields of an answer; the server adds `backend`. */
export interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** Whether `POST /fail` reaches it: health checks and the switches themselves are left alone. */
  readonly mayFail: boolean;
  answer(call: Call): Answer | Promise<Answer>;
}

const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['/health', { method: 'GET', mayFail: false, answer: answerHealth }],
  ['/health/up', { method: 'POST', mayFail: false, answer: ({ faults }) => switchHealth(faults, true) }],
  ['/health/down', { method: 'POST', mayFail: false, answer: ({ faults }) => switchHealth(faults, false) }],
  ['/fail', { method: 'POST', mayFail: false, answer: answerFail }],
  ['/api/user', { method: 'GET', mayFail: true, answer: answerUser }],
  ['/api/echo', { method: 'POST', mayFail: true, answer: answerEcho }],
  ['/api/data', { method: 'GET', mayFail: true, answer: answerData }],
  ['/api/slow', { method: 'GET', mayFail: true, answer: answerSlow }],
]);

/** Answers a call; `allow` is set on a 405 and names what the path accepts. */
export async function answerCall(call: Call): Promise<Answer & { readonly allow?: string }> {
  const endpoint = endpoints.get(call.path);
  const failure = endpoint === undefined || endpoint.mayFail ? call.faults.take() : null;
  if (failure !== null) return refuse(failure, 'This backend was asked to fail by POST /fail.');
  if (endpoint === undefined) return refuse(404, 'This backend has nothing at this path.');
  const method = call.method === 'HEAD' ? 'GET' : call.method;
  if (method === endpoint.method) return endpoint.answer(call);
  const allow = endpoint.method === 'GET' ? 'GET, HEAD' : endpoint.method;
  return { ...refuse(405, `This path accepts ${allow}.`), allow };
}

function refuse(status: number, error: string): Answer {
  return { status, fields: { error } };
}

function answerHealth({ faults }: Call): Answer {
  const timestamp = new Date().toISOString();
  return faults.healthy
    ? { status: 200, fields: { status: 'healthy', timestamp } }
    : { status: 503, fields: { status: 'unhealthy', timestamp } };
}

function switchHealth(faults: Faults, healthy: boolean): Answer {
  faults.healthy = healthy;
  return { status: 200, fields: { status: healthy ? 'healthy' : 'unhealthy' } };
}

function answerFail({ query, faults }: Call): Answer {
  const status = readNumber(query, 'status', 503);
  const count = readNumber(query, 'count', 5);
  if (!(status >= 400 && status <= 599)) return refuse(400, '"status" must be a status from 400 to 599.');
  if (!(count <= 1_000_000)) return refuse(400, '"count" must be a whole number from 0 to 1000000.');
  faults.failNext(status, count);
  return { status: 200, fields: { failing: { status, count } } };
}

function answerUser({ query }: Call): Answer {
  const id = query.get('id') ?? '1';
  return { status: 200, fields: { id, name: `User ${id}`, email: `user${encodeURIComponent(id)}@example.com` } };
}

async function answerEcho(call: Call): Promise<Answer> {
  const { method, path, headers } = call;
  const body = await call.readBody(maximumBodyBytes);
  if (body === null) return refuse(413, `The body is longer than ${maximumBodyBytes} bytes.`);
  // The headers show in a demonstration what a gateway adds and removes on the way.
  return { status: 200, fields: { echo: decodeBody(body), received: { method, path, headers } } };
}

function answerData(): Answer {
  const data = ['alpha', 'beta', 'gamma'].map((name, position) => ({ id: position + 1, name }));
  return { status: 200, fields: { data } };
}

async function answerSlow({ query, gone }: Call): Promise<Answer> {
  const delayMs = readNumber(query, 'ms', defaultDelayMs);
  if (!(delayMs <= maximumDelayMs)) return refuse(400, `"ms" must be a whole number from 0 to ${maximumDelayMs}.`);
  await delay(delayMs, undefined, { signal: gone });
  return { status: 200, fields: { message: 'slow response', delay_ms: delayMs } };
}

/** A whole number of the query, `fallback` where it is not given, NaN where it is not a whole number. */
function readNumber(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : NaN;
}
