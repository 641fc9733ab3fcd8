/**
 * Holds the parser of requests against the one of node:http (llhttp, in its strict mode): whatever ours accepts, that one
 * has to accept and to read in the same way, or a request could be smuggled past one of them.
 *
 * `SLUICE_FUZZ_SECONDS` makes it run longer, `SLUICE_FUZZ_SEED` repeats a run.
 */
import assert from 'node:assert/strict';
import { createServer, METHODS, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { cutAt, listFields } from '../../src/http1/feeding.fixture.ts';
import { BodyReader } from '../../src/http1/body-reader.ts';
import { defaultHeadLimits } from '../../src/http1/limits.ts';
import { RequestParser } from '../../src/http1/request-parser.ts';
import { mutate, Random } from './message-mutation.ts';

const secondsMs = 1000 * Number(process.env['SLUICE_FUZZ_SECONDS'] ?? '5');
const seed = Number(process.env['SLUICE_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

const fieldLines = 'Host: a.example:80\r\nUser-Agent: x/1 (y; z)\r\nX-Empty:\r\nX-High: \xe9\xff\r\nx-tab: \ta\tb \r\n';
const validRequests = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  `GET /a/b%20c;d?e=f&g HTTP/1.1\r\n${fieldLines}\r\n`,
  'GET / HTTP/1.0\r\n\r\n',
  'GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n',
  '\r\nHEAD /x HTTP/1.1\r\nhost: [::1]:8080\r\nconnection: close, x-a\r\nX-A: b\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET http://b.example/c?d HTTP/1.1\r\nHost: a\r\n\r\n',
  `POST /p HTTP/1.1\r\n${fieldLines}Content-Length: 11\r\n\r\nhello\r\nworl`,
  'PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nDELETE /q HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
  'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n',
  'POST /p HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n\r\n5;a=b;c="d\\"e"\r\nhello\r\n0;f\r\nX-T: u\r\nV: w\r\n\r\n',
  'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n',
  'PATCH /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\nHost: a\r\n\r\n',
];

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

/** The requests that our parser reads to their last byte, up to the first that it refuses or that nothing may follow. */
function readOurs(pieces: Iterable<Buffer>): OurRequest[] {
  const seen: OurRequest[] = [];
  let pieceStart = 0;
  const parser = new RequestParser(defaultHeadLimits);
  const { head } = parser;
  const body = new BodyReader();
  let content = '';
  parser.reset(defaultHeadLimits);
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length) {
      if (!parser.complete) {
        at = parser.feed(piece, at, piece.length);
        if (parser.error !== null) return seen;
        if (!parser.complete) continue;
        const framing = head.chunked ? 'chunked' : head.contentLength > 0 ? 'length' : 'none';
        body.begin(framing, head.contentLength, defaultHeadLimits);
        content = '';
      } else {
        at = body.next(piece, at, piece.length);
        content += piece.toString('latin1', body.dataStart, body.dataEnd);
      }
      if (body.error !== null) return seen;
      if (!body.done) continue;
      const { method, path, query } = head;
      const request = { method, path, query, fields: listFields(head), content };
      seen.push({ request, end: pieceStart + at });
      // What follows a wish to upgrade is of another protocol or of none.
      if (!head.persistent || (head.wantsUpgrade && head.connectionUpgrade)) return seen;
      parser.reset(defaultHeadLimits);
    }
    pieceStart += piece.length;
  }
  return seen;
}

/** The parts of a target, told by other means than ours. */
function splitTarget(url: string): { path: string; query: string } {
  const withoutAuthority = url.replace(/^https?:\/\/[^/?]*/i, '');
  const queryAt = withoutAuthority.indexOf('?');
  const path = queryAt < 0 ? withoutAuthority : withoutAuthority.slice(0, queryAt);
  return { path: path === '' ? '/' : path, query: queryAt < 0 ? '' : withoutAuthority.slice(queryAt) };
}

function pairUp(raw: readonly string[]): string[][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => raw.slice(2 * index, 2 * index + 2));
}

/** The requests that a server of node:http reads to their last byte. */
async function readTheirs(server: Server, bytes: Buffer): Promise<{ seen: SeenRequest[]; refusal: string }> {
  const seen: SeenRequest[] = [];
  let refusal = '';
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '' } = request;
    let content = '';
    request.setEncoding('latin1');
    request.on('data', (part: string) => (content += part));
    request.on('end', () => {
      seen.push({ method, ...splitTarget(url), fields: pairUp(request.rawHeaders), content });
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

/** A tab is a blank (RFC 9110, 5.6.3), but after the value of this field llhttp takes only spaces for one. */
const tabAfterCoding = /transfer-encoding:[ \t]*chunked *\t/i;

/** Asserts that both read alike what ours accepts; returns the number of requests that were compared. */
async function compare(server: Server, text: string, cuts: readonly number[]): Promise<number> {
  const bytes = Buffer.from(text, 'latin1');
  const ours = readOurs(cutAt(bytes, []));
  const input = `seed ${seed}, input ${JSON.stringify(text)}`;
  assert.deepEqual(readOurs(cutAt(bytes, cuts)), ours, `cut at ${cuts.join(', ')} it is read in another way; ${input}`);
  // llhttp knows methods by name; to the gateway a method is any token (RFC 9110, 9.1).
  const unknownAt = ours.findIndex(({ request }) => !METHODS.includes(request.method));
  const comparable = unknownAt < 0 ? ours : ours.slice(0, unknownAt);
  if (comparable.length === 0 || tabAfterCoding.test(text)) return 0;
  // Without what follows them, so that they end in the same place, and no later refusal hides that they were accepted.
  const end = comparable.at(-1)?.end ?? 0;
  const theirs = await readTheirs(server, bytes.subarray(0, end));
  const expected = { seen: comparable.map(({ request }) => request), refusal: '' };
  assert.deepEqual(theirs, expected, input);
  return comparable.length;
}

describe('our parser and llhttp', () => {
  // It does not listen: connections are handed to it.
  const server = createServer({ insecureHTTPParser: false });

  test('read every valid request alike', async () => {
    for (const text of validRequests) {
      const count = await compare(server, text, [Math.floor(text.length / 2)]);
      assert.ok(count >= 1, JSON.stringify(text));
      const { refusal } = await readTheirs(server, Buffer.from(text, 'latin1'));
      assert.equal(refusal, '', JSON.stringify(text));
    }
  });

  test('would be found to disagree', async () => {
    const { seen } = await readTheirs(server, Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n'));
    const [ours] = readOurs(cutAt(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX: z\r\n\r\n'), []));
    assert.notDeepEqual(seen, [ours?.request]);
    assert.deepEqual((await readTheirs(server, Buffer.from('GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n'))).seen, []);
  });

  test('read alike whatever ours accepts of mutated requests', { timeout: secondsMs + 60_000 }, async (context) => {
    context.diagnostic(`seed ${seed}`);
    const random = new Random(seed);
    const endMs = performance.now() + secondsMs;
    let inputs = 0;
    let compared = 0;
    while (performance.now() < endMs) {
      const text = mutate(random, random.pick(validRequests), validRequests);
      if (text === '') continue;
      const cuts = Array.from({ length: random.below(4) }, () => random.below(text.length)).toSorted((a, b) => a - b);
      compared += await compare(server, text, cuts);
      inputs++;
    }
    context.diagnostic(`${inputs} inputs, ${compared} requests that both accept`);
    assert.ok(compared > inputs / 100, 'hardly anything was accepted, so hardly anything was compared');
  });
});
