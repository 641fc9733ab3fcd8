import assert from 'node:assert/strict';
import { cutAt, listFields } from '../../src/http1/feeding.fixture.ts';
import { BodyReader } from '../../src/http1/body-reader.ts';
import { defaultHeadLimits } from '../../src/http1/limits.ts';
import { ResponseParser } from '../../src/http1/response-parser.ts';
import { shapeOfFields, type Comparison } from './fuzzer.ts';
import { readResponseByNode, type NodeResponse } from './llhttp-reader.ts';

interface OurReading {
  readonly interim: readonly NodeResponse[];
  /** Null for an answer that is refused or not whole. */
  readonly final: NodeResponse | null;
  readonly error: string | null;
  /** Where the final answer ends in the bytes. */
  readonly end: number;
  /** What was read, without its values: texts that differ in it take different ways through the parser. */
  readonly shape: string;
}

/** One for all, as a connection has one for all its answers: nothing of a message may show in the next one. */
const parser = new ResponseParser(defaultHeadLimits);

/** Reads the answer to one request, behind which the target closes its connection. */
function readResponseByUs(pieces: Iterable<Buffer>, method: string): OurReading {
  const interim: NodeResponse[] = [];
  let shape = '';
  let content = '';
  let pieceStart = 0;
  const { head } = parser;
  const body = new BodyReader();
  parser.reset(defaultHeadLimits);
  const seen = (): NodeResponse => ({ status: head.status, reason: head.reason, fields: listFields(head), content });
  const stop = (error: string | null, final: NodeResponse | null = null): OurReading => {
    return {
      interim,
      final,
      error,
      end: final === null ? 0 : pieceStart,
      shape: `${shape}${error ?? (final === null ? '' : 'end')}`,
    };
  };
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length) {
      if (parser.complete) {
        at = body.next(piece, at, piece.length);
        content += piece.toString('latin1', body.dataStart, body.dataEnd);
        if (body.error !== null) return stop(body.error);
      } else {
        at = parser.feed(piece, at, piece.length);
        if (parser.error !== null) return stop(parser.error);
        if (!parser.complete) continue;
        const framing = head.framingFor(method);
        shape += `${framing} ${head.status} ${head.minorVersion} ${shapeOfFields(head)} `;
        // Nobody asked for another protocol: the gateway refuses it whatever its head says.
        if (head.status === 101) return stop('101');
        if (head.status < 200) {
          interim.push(seen());
          parser.reset(defaultHeadLimits);
          continue;
        }
        body.begin(framing, head.contentLength, defaultHeadLimits);
      }
      if (!body.done) continue;
      pieceStart += at;
      return stop(null, seen());
    }
    pieceStart += piece.length;
  }
  return parser.complete && body.endOfStream() ? stop(null, seen()) : stop(null);
}

/** A tab is a blank (RFC 9110, 5.6.3), but after the value of this field llhttp takes only spaces for one. */
const tabAfterCoding = /transfer-encoding:[ \t]*chunked *\t/i;

/** Asserts that both read alike what ours accepts as the answer to `method`, however it is cut. */
export async function compareResponses(method: string, text: string, cuts: readonly number[]): Promise<Comparison> {
  const bytes = Buffer.from(text, 'latin1');
  const ours = readResponseByUs(cutAt(bytes, []), method);
  assert.deepEqual(
    readResponseByUs(cutAt(bytes, cuts), method),
    ours,
    `cut at ${cuts.join()} it is read in another way`,
  );
  const { interim, final, shape } = ours;
  if (final === null || tabAfterCoding.test(text)) return { compared: 0, shape };
  const theirs = await readResponseByNode(bytes.subarray(0, ours.end), method);
  assert.deepEqual(theirs, { interim, final, refusal: '' }, `in answer to ${method}`);
  return { compared: 1, shape };
}
