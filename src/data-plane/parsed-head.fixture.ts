import assert from 'node:assert/strict';
import type { RequestHead } from '../core/request-head.ts';
import type { ResponseHead } from '../core/response-head.ts';
import { defaultHeadLimits } from '../http1/limits.ts';
import { RequestParser } from '../http1/request-parser.ts';
import { ResponseParser } from '../http1/response-parser.ts';

function parse<T>(parser: (RequestParser | ResponseParser) & { readonly head: T }, lines: readonly string[]): T {
  parser.reset(defaultHeadLimits);
  const bytes = Buffer.from([...lines, '', ''].join('\r\n'), 'latin1');
  parser.feed(bytes, 0, bytes.length);
  assert.equal(parser.error, null);
  assert.equal(parser.complete, true);
  return parser.head;
}

/** The head of a request of these lines. */
export function requestHeadOf(...lines: string[]): RequestHead {
  return parse(new RequestParser(defaultHeadLimits), lines);
}

/** The head of an answer of these lines. */
export function responseHeadOf(...lines: string[]): ResponseHead {
  return parse(new ResponseParser(defaultHeadLimits), lines);
}
