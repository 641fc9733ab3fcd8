import { do_not_optimize as keep } from 'mitata';
import { RequestIdentity } from '../../src/data-plane/request-identity.ts';
import { RequestIds } from '../../src/data-plane/request-ids.ts';
import { forwardedFields, upstreamRequestHead } from '../../src/data-plane/upstream-request.ts';
import { defaultHeadLimits } from '../../src/http1/limits.ts';
import { RequestParser } from '../../src/http1/request-parser.ts';
import { ResponseParser } from '../../src/http1/response-parser.ts';
import { writeLatin1 } from '../../src/lib/latin1.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import type { MicroCase } from './micro-case.ts';
import { browserRequest, response, smallRequest } from './sample-messages.ts';

/** Reading heads, and writing the one that a target gets. */
export function headCases(): MicroCase[] {
  return [
    parseRequest('a small GET', smallRequest),
    parseRequest("a browser's GET", browserRequest),
    parseResponse(),
    writeUpstreamHead('a small GET', smallRequest),
    writeUpstreamHead("a browser's GET", browserRequest),
  ];
}

function parseRequest(what: string, bytes: Buffer): MicroCase {
  const parser = new RequestParser(defaultHeadLimits);
  return {
    name: `RequestParser: ${what}, ${bytes.length} bytes`,
    call: () => {
      parser.reset(defaultHeadLimits);
      parser.feed(bytes, 0, bytes.length);
      if (!parser.complete) throw new Error(`The sample was refused: ${parser.error}`);
      keep(parser.head);
    },
  };
}

function parseResponse(): MicroCase {
  const parser = new ResponseParser(defaultHeadLimits);
  return {
    name: `ResponseParser: a service's answer, ${response.length} bytes`,
    call: () => {
      parser.reset(defaultHeadLimits);
      parser.feed(response, 0, response.length);
      if (!parser.complete) throw new Error(`The sample was refused: ${parser.error}`);
      keep(parser.head);
    },
  };
}

function writeUpstreamHead(what: string, bytes: Buffer): MicroCase {
  const parser = new RequestParser(defaultHeadLimits);
  parser.reset(defaultHeadLimits);
  parser.feed(bytes, 0, bytes.length);
  const ip = '203.0.113.7';
  // A connection keeps these lines for as long as its client asks for the same host.
  const forwardedLines = forwardedFields({ forwardedFor: ip, proto: 'http', host: parser.head.host });
  const identity = new RequestIdentity();
  identity.begin('', '', new RequestIds());
  const request = {
    head: parser.head,
    sentPath: parser.head.path,
    sentHostLine: null,
    requestFields: '',
    identity,
    snapshot: {} as Snapshot,
  };
  const target = { hostLine: 'Host: 10.0.0.1:8080\r\n' };
  const peer = { ip, isTrusted: () => false, forwardedLines: () => forwardedLines };
  const memory = Buffer.alloc(16_384);
  return {
    name: `upstreamRequestHead: of ${what}, written to memory`,
    call: () => {
      const text = upstreamRequestHead(request, target, peer);
      // The text is joined of pieces, and putting them together is put off until somebody needs the bytes.
      writeLatin1(memory, text, 0);
      keep(memory);
    },
  };
}
