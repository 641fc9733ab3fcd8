import { lines } from './request-case.ts';

export interface ResponseCase {
  readonly name: string;
  /** What the target answers, one character a byte. */
  readonly answer: string;
  /** What the target does after it; by default it keeps its connection. */
  readonly after: 'keeps' | 'closes' | 'resets';
  readonly method: string;
  /** Of the client's request. */
  readonly version: '1.0' | '1.1';
  /** The interim heads that the client gets before. */
  readonly interim: readonly string[];
  /**
   * What the client gets: 502 with this code, the head and the content of the answer as the gateway writes it (ID, DATE
   * and TARGET stand for what differs from run to run), or `cut`: a connection that is reset within the answer, and 502
   * where nothing of the answer had left the gateway yet.
   */
  readonly told: { readonly code: 'upstream_invalid_response' | 'upstream_reset' } | 'cut' | ToldAnswer;
  /** The target's connection serves the next request; otherwise it is closed. */
  readonly reused: boolean;
}

export interface ToldAnswer {
  readonly head: string;
  readonly body: string;
}

const usual = { after: 'keeps', method: 'GET', version: '1.1', interim: [], reused: false } as const;

type More = Partial<ResponseCase>;
type Cases<T> = Readonly<Record<string, T>>;

/** An answer with the status line of success and these lines, then a body. */
export function ok(more: readonly string[], body = ''): string {
  return lines('HTTP/1.1 200 OK', ...more, '') + body;
}

export interface ToldParts {
  readonly line?: string;
  readonly fields?: readonly string[];
  readonly framing?: readonly string[];
  readonly close?: boolean;
  /** Said to a client of HTTP/1.0. */
  readonly keepAlive?: boolean;
  readonly body?: string;
  /** The answer has one of its own among `fields`. */
  readonly dated?: boolean;
}

/** An answer as the client has to get it. */
export function told(parts: ToldParts = {}): ToldAnswer {
  const { line = 'HTTP/1.1 200 OK', fields = [], framing = [], body = '' } = parts;
  const date = parts.dated === true ? [] : ['Date: DATE'];
  const connection = parts.close === true ? ['Connection: close'] : [];
  const keepAlive = parts.keepAlive === true ? ['Connection: keep-alive'] : [];
  const own = ['X-Request-Id: ID', 'X-Backend: TARGET', ...connection, ...keepAlive];
  return { head: lines(line, ...fields, ...date, ...framing, ...own, ''), body };
}

/** An answer with a body of a stated length. */
export function toldOfLength(body: string, parts: ToldParts = {}): ToldAnswer {
  return told({ framing: [`Content-Length: ${body.length}`], body, ...parts });
}

/** An answer with a body in chunks. */
export function toldInChunks(body: string, parts: ToldParts = {}): ToldAnswer {
  return told({ framing: ['Transfer-Encoding: chunked'], body, ...parts });
}

/** Answers that are not well-formed: 502, and the target's connection is closed. */
export function invalid(cases: Cases<string>, more: More = {}): ResponseCase[] {
  return Object.entries(cases).map(([name, answer]) => ({
    ...usual,
    told: { code: 'upstream_invalid_response' },
    ...more,
    name,
    answer,
  }));
}

/** Answers that break off or go wrong behind their head: the client's connection is reset. */
export function cut(cases: Cases<string>, more: More = {}): ResponseCase[] {
  return Object.entries(cases).map(([name, answer]) => ({ ...usual, told: 'cut', ...more, name, answer }));
}

/** Answers that are passed on, each in one form; the target's connection is used again unless it is said otherwise. */
export function passedOn(cases: Cases<readonly [answer: string, told: ToldAnswer, more?: More]>): ResponseCase[] {
  return Object.entries(cases).map(([name, [answer, expected, more = {}]]) => ({
    ...usual,
    reused: true,
    name,
    answer,
    told: expected,
    ...more,
  }));
}
