import assert from 'node:assert/strict';
import { METHODS, type Server } from 'node:http';
import { cutAt, listFields } from '../../src/http1/feeding.fixture.ts';
import { BodyReader } from '../../src/http1/body-reader.ts';
import { defaultHeadLimits } from '../../src/http1/limits.ts';
import { RequestParser } from '../../src/http1/request-parser.ts';
import { shapeOfFields, type Comparison } from './fuzzer.ts';
import { readRequestsByNode } from './llhttp-reader.ts';

interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly fields: readonly (readonly string[])[];
  readonly content: string;
}

interface OurRequest {
  readonly request: SeenRequest;
  /** Where it ends in the bytes. */
  readonly end: number;
}

interface OurReading {
  /** Those that were read to their last byte, up to the first that is refused or that nothing may follow. */
  readonly requests: readonly OurRequest[];
  readonly error: string | null;
  /** What was read, without its values: texts that differ in it take different ways through the parser. */
  readonly shape: string;
}

/** One for all, as an exchange has one for all its requests: nothing of a message may show in the next one. */
const parser = new RequestParser(defaultHeadLimits);

export function readRequestsByUs(pieces: Iterable<Buffer>): OurReading {
  const requests: OurRequest[] = [];
  let shape = '';
  let pieceStart = 0;
  const { head } = parser;
  const body = new BodyReader();
  let content = '';
  parser.reset(defaultHeadLimits);
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length) {
      if (!parser.complete) {
        at = parser.feed(piece, at, piece.length);
        if (parser.error !== null) return { requests, error: parser.error, shape: `${shape}${parser.error}` };
        if (!parser.complete) continue;
        const framing = head.chunked ? 'chunked' : head.contentLength > 0 ? 'length' : 'none';
        body.begin(framing, head.contentLength, defaultHeadLimits);
        content = '';
        shape += `${framing} ${head.minorVersion} ${shapeOfFields(head)} `;
      } else {
        at = body.next(piece, at, piece.length);
        content += piece.toString('latin1', body.dataStart, body.dataEnd);
      }
      if (body.error !== null) return { requests, error: body.error, shape: `${shape}${body.error}` };
      if (!body.done) continue;
      const { method, path, query } = head;
      requests.push({ request: { method, path, query, fields: listFields(head), content }, end: pieceStart + at });
      // What follows an upgrade is of another protocol to llhttp, which lets its owner decide about that.
      const mayUpgrade = head.connectionUpgrade && head.get('upgrade') !== undefined;
      if (!head.persistent || mayUpgrade) return { requests, error: null, shape };
      parser.reset(defaultHeadLimits);
    }
    pieceStart += piece.length;
  }
  return { requests, error: null, shape: `${shape}${parser.complete ? 'body' : 'head'}` };
}

/** The parts of a target, told by other means than ours. */
function splitTarget(url: string): { path: string; query: string } {
  const withoutAuthority = url.replace(/^https?:\/\/[^/?]*/i, '');
  const queryAt = withoutAuthority.indexOf('?');
  const path = queryAt < 0 ? withoutAuthority : withoutAuthority.slice(0, queryAt);
  return { path: path === '' ? '/' : path, query: queryAt < 0 ? '' : withoutAuthority.slice(queryAt) };
}

/** The requests that node:http reads to their last byte, in the words of our parser. */
export async function readRequestsByThem(
  server: Server,
  bytes: Buffer,
): Promise<{ seen: SeenRequest[]; refusal: string }> {
  const { seen, refusal } = await readRequestsByNode(server, bytes);
  return { seen: seen.map(({ url, ...rest }) => ({ ...rest, ...splitTarget(url) })), refusal };
}

/** A tab is a blank (RFC 9110, 5.6.3), but after the value of this field llhttp takes only spaces for one. */
const tabAfterCoding = /transfer-encoding:[ \t]*chunked *\t/i;

/** Asserts that both read alike what ours accepts, however it is cut. */
export async function compareRequests(server: Server, text: string, cuts: readonly number[]): Promise<Comparison> {
  const bytes = Buffer.from(text, 'latin1');
  const ours = readRequestsByUs(cutAt(bytes, []));
  assert.deepEqual(readRequestsByUs(cutAt(bytes, cuts)), ours, `cut at ${cuts.join(', ')} it is read in another way`);
  // llhttp knows methods by name; to the gateway a method is any token (RFC 9110, 9.1).
  const unknownAt = ours.requests.findIndex(({ request }) => !METHODS.includes(request.method));
  const comparable = unknownAt < 0 ? ours.requests : ours.requests.slice(0, unknownAt);
  const { shape } = ours;
  if (comparable.length === 0 || tabAfterCoding.test(text)) return { compared: 0, shape };
  // Without what follows them, so that they end in the same place, and no later refusal hides that they were accepted.
  const end = comparable.at(-1)?.end ?? 0;
  const theirs = await readRequestsByThem(server, bytes.subarray(0, end));
  assert.deepEqual(theirs, { seen: comparable.map(({ request }) => request), refusal: '' });
  return { compared: comparable.length, shape };
}
