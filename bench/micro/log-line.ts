import { do_not_optimize as keep } from 'mitata';
import { writeLatin1 } from '../../src/lib/latin1.ts';
import { accessLine, type AccessRecord } from '../../src/telemetry/access-line.ts';
import type { MicroCase } from './micro-case.ts';

/** A power of two, so that taking turns costs a mask. */
const differentRequests = 1_024;

/** The line of the access log, with what changes from one request to the next. */
export function logLineCases(): MicroCase[] {
  return [
    line('a plain path', (at) => `/api/v1/projects/${at}/issues`),
    // Its bytes are UTF-8, one character each, as a head has them.
    line('a path beyond ASCII', (at) => `/api/caf\xc3\xa9/${at}`),
  ];
}

function line(what: string, pathOf: (at: number) => string): MicroCase {
  const records = Array.from({ length: differentRequests }, (_, at) => recordOf(at, pathOf(at)));
  const memory = Buffer.alloc(4_096);
  let turn = 0;
  return {
    name: `accessLine: ${what}, written to memory`,
    call: () => {
      turn = (turn + 1) & (differentRequests - 1);
      const record = records[turn];
      if (record === undefined) throw new Error('there is no record');
      // The text is joined of pieces, and putting them together is put off until somebody needs the bytes.
      writeLatin1(memory, accessLine(record), 0);
      keep(memory);
    },
  };
}

function recordOf(at: number, path: string): AccessRecord {
  return {
    wallTimeMs: 1_790_000_000_000 + at * 7,
    method: 'GET',
    path,
    clientIp: '203.0.113.177',
    apiKey: 'app',
    status: 200,
    durationMs: 1 + (at % 97) / 13,
    backend: 'http://10.0.0.1:8080',
    error: '',
    requestId: `0198c0de-1234-7abc-8def-0123456${String(at).padStart(5, '0')}`,
    route: 'projects',
    bytesIn: 1_013,
    bytesOut: 385,
    retries: 0,
    shadow: '',
  };
}
