import assert from 'node:assert/strict';
import type { ErrorCode } from '../core/error-codes.ts';
import type { BodyFraming, MessageHead } from '../core/message-head.ts';
import { BodyReader } from './body-reader.ts';
import type { HeadParser } from './head-parser.ts';
import type { HeadLimits } from './limits.ts';

/** Small enough that a message beyond them can still be cut at every position. */
export const smallLimits: HeadLimits = { startLineBytes: 64, headBytes: 256, fields: 6 };

/** The parts of `bytes` between the cuts, each in memory that the next one is written over, as a socket reads them. */
export function* cutAt(bytes: Buffer, cuts: readonly number[]): Generator<Buffer> {
  const memory = Buffer.alloc(bytes.length);
  for (const [index, end] of [...cuts, bytes.length].entries()) {
    const start = cuts[index - 1] ?? 0;
    memory.fill(0xff);
    bytes.copy(memory, 0, start, end);
    yield memory.subarray(0, end - start);
  }
}

/**
 * Reads `text`, one character a byte, whole, byte by byte, and cut in two at every position, and asserts that all
 * outcomes are the same one, which it returns.
 */
export function readInEveryWay<T>(text: string, read: (pieces: Iterable<Buffer>) => T): T {
  const bytes = Buffer.from(text, 'latin1');
  const whole = read(cutAt(bytes, []));
  const everywhere = Array.from({ length: Math.max(bytes.length - 1, 0) }, (_, index) => index + 1);
  assert.deepEqual(read(cutAt(bytes, everywhere)), whole, 'byte by byte it is read in another way than whole');
  for (const cut of everywhere) {
    assert.deepEqual(read(cutAt(bytes, [cut])), whole, `cut at ${cut} it is read in another way than whole`);
  }
  return whole;
}

/** What became of a message. */
export interface ReadMessage {
  readonly headComplete: boolean;
  readonly error: ErrorCode | null;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly content: string;
  readonly bodyDone: boolean;
  /** What follows the message. */
  readonly unread: string;
}

/** Reads one message, head and body, with a parser that was reset. */
export function readMessage<T extends MessageHead>(
  pieces: Iterable<Buffer>,
  parser: HeadParser<T>,
  { framingOf, limits }: { framingOf: (head: T) => BodyFraming; limits: HeadLimits },
): ReadMessage {
  const body = new BodyReader();
  let content = '';
  let unread = '';
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length && parser.error === null && body.error === null) {
      if (!parser.complete) {
        at = parser.feed(piece, at, piece.length);
        if (parser.complete) body.begin(framingOf(parser.head), parser.head.contentLength, limits);
      } else if (body.done) {
        unread += piece.toString('latin1', at);
        break;
      } else {
        at = body.next(piece, at, piece.length);
        content += piece.toString('latin1', body.dataStart, body.dataEnd);
      }
    }
  }
  const error = parser.error ?? body.error;
  const fields = parser.complete ? listFields(parser.head) : [];
  return { headComplete: parser.complete, error, fields, content, bodyDone: body.done, unread };
}

export function listFields(head: MessageHead): [name: string, value: string][] {
  return Array.from({ length: head.fieldCount }, (_, index) => [head.nameAt(index), head.valueAt(index)]);
}
