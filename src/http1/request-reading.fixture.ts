import type { RequestHead } from '../core/request-head.ts';
import { readInEveryWay, readMessage, smallLimits, type ReadMessage } from './feeding.fixture.ts';
import type { HeadLimits } from './limits.ts';
import { RequestParser } from './request-parser.ts';

/** The parts of a request's head that tests look at. */
const headKeys = [
  'method',
  'path',
  'query',
  'host',
  'minorVersion',
  'contentLength',
  'chunked',
  'persistent',
  'connectionNames',
  'expectsContinue',
  'wantsUpgrade',
  'requestId',
  'traceparent',
  'forwardedFor',
  'forwardedProto',
  'forwardedHost',
] as const satisfies readonly (keyof RequestHead)[];

export type ReadRequest = ReadMessage & { readonly [Key in (typeof headKeys)[number]]?: unknown };

/** Reads one request; of a refused one nothing but the error counts. */
export function readRequest(pieces: Iterable<Buffer>, limits: HeadLimits = smallLimits): ReadRequest {
  const parser = new RequestParser(limits);
  parser.reset(limits);
  const message = readMessage(pieces, parser, {
    framingOf: (head) => (head.chunked ? 'chunked' : head.contentLength > 0 ? 'length' : 'none'),
    limits,
  });
  if (!message.headComplete) return message;
  return { ...message, ...Object.fromEntries(headKeys.map((key) => [key, parser.head[key]])) };
}

/** Reads a request in every way that its bytes can arrive in. */
export function readRequestInEveryWay(text: string, limits: HeadLimits = smallLimits): ReadRequest {
  return readInEveryWay(text, (pieces) => readRequest(pieces, limits));
}

/** A well-formed request with these lines after the first two. */
export function requestWith(...lines: string[]): string {
  return ['GET / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n');
}
