import type { ErrorCode } from '../../src/core/error-codes.ts';

/** A request as the target has to get it; in the head, ID, TRACE and TARGET stand for what differs from run to run. */
export interface Wire {
  readonly head: string;
  /** The content, whichever chunks it comes in. */
  readonly body: string;
}

/** What the client is told: the code of a refusal, an interim 100, or what the target answers. */
export type Told = ErrorCode | 'continue' | 'fine';

export interface RequestCase {
  readonly name: string;
  /** What the client sends on a new connection, one character a byte; another request follows it at once. */
  readonly send: string;
  /** In order. After a last refusal, the connection ends and what follows is read by nobody. */
  readonly told: readonly Told[];
  /** The requests that reach the target whole, in order. */
  readonly gets: readonly Wire[];
  /** The connection ends after what was told; otherwise the request that follows is served too. */
  readonly ends: boolean;
  /** The last request is refused in its body: its beginning may have reached the target, on a connection that ends. */
  readonly breaks: boolean;
  /** The client is among the trusted proxies. */
  readonly trusted: boolean;
}

/** Lines of a head, with their line ends, without the empty line. */
export function lines(...texts: readonly string[]): string {
  return texts.map((text) => `${text}\r\n`).join('');
}

/** A GET with these lines after the first two. */
export function get(...more: readonly string[]): string {
  return lines('GET /case HTTP/1.1', 'Host: a', ...more, '');
}

/** A POST with these lines after the first two, and a body. */
export function post(more: readonly string[], body = ''): string {
  return lines('POST /case HTTP/1.1', 'Host: a', ...more, '') + body;
}

/** A POST with a body in chunks. */
export function chunkedPost(body: string): string {
  return post(['Transfer-Encoding: chunked'], body);
}

export interface WireParts {
  /** Without a version; by default what `get` asks for. */
  readonly line?: string;
  /** Lines that travel end to end. */
  readonly fields?: readonly string[];
  /** What the client asked for as its host; empty for none. */
  readonly host?: string;
  /** The lines that tell of earlier hops, in place of the usual ones. */
  readonly forwarded?: readonly string[];
  readonly framing?: readonly string[];
  readonly id?: string;
  readonly trace?: string;
  readonly body?: string;
}

export function wire(parts: WireParts = {}): Wire {
  const { line = 'GET /case', fields = [], host = 'a', framing = [], id = 'ID', trace = 'TRACE', body = '' } = parts;
  const hostLines = host === '' ? [] : [`X-Forwarded-Host: ${host}`];
  const usual = ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Proto: http', ...hostLines];
  const { forwarded = usual } = parts;
  const ids = [`X-Request-Id: ${id}`, `traceparent: ${trace}`];
  const head = lines(`${line} HTTP/1.1`, 'Host: TARGET', ...fields, ...forwarded, ...framing, ...ids, '');
  return { head, body };
}

/** A POST with a body of a stated length. */
export function wireOfLength(body: string, parts: WireParts = {}): Wire {
  return wire({ line: 'POST /case', framing: [`Content-Length: ${body.length}`], body, ...parts });
}

/** A POST with a body in chunks. */
export function wireInChunks(body: string, parts: WireParts = {}): Wire {
  return wire({ line: 'POST /case', framing: ['Transfer-Encoding: chunked'], body, ...parts });
}

const usual = { told: ['fine'], gets: [], ends: false, breaks: false, trusted: false } as const;

/** Requests that are refused at their head, with one code. */
export function refused(code: ErrorCode, cases: Readonly<Record<string, string>>): RequestCase[] {
  return Object.entries(cases).map(([name, send]) => ({ ...usual, name, send, told: [code], ends: true }));
}

/** Requests that are refused in their body, with one code. */
export function broken(code: ErrorCode, cases: Readonly<Record<string, string>>): RequestCase[] {
  return refused(code, cases).map((it) => ({ ...it, breaks: true }));
}

/** Requests that are passed on, each in one form. */
export function passed(
  cases: Readonly<Record<string, readonly [send: string, gets: Wire, more?: Partial<RequestCase>]>>,
): RequestCase[] {
  return Object.entries(cases).map(([name, [send, gets, more = {}]]) => ({
    ...usual,
    name,
    send,
    gets: [gets],
    ...more,
  }));
}
