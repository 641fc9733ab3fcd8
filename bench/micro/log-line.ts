import { do_not_optimize as keep } from 'mitata';
import { AccessLine, type LoggedRequest } from '../../src/telemetry/access-line.ts';
import { LineQueue } from '../../src/telemetry/line-queue.ts';
import type { MicroCase } from './micro-case.ts';

/** A power of two, so that taking turns costs a mask. */
const differentRequests = 1_024;

/** The line of the access log, from the values of a request to the bytes that leave. */
export function logLineCases(): MicroCase[] {
  return [
    line('of one route, client and target', (at) => requestOf(at, '/api/v1/projects')),
    line('a path of its own', (at) => requestOf(at, `/api/v1/projects/${at}/issues`)),
    line('everything of its own', (at) => mixedRequestOf(at)),
    // Its bytes are UTF-8, one character each, as a head has them.
    line('a path beyond ASCII', (at) => requestOf(at, `/api/caf\xc3\xa9/${at}`)),
  ];
}

const limitBytes = 4_194_304;

function line(what: string, create: (at: number) => LoggedRequest): MicroCase {
  const requests = Array.from({ length: differentRequests }, (_, at) => create(at));
  const queue = new LineQueue(limitBytes);
  const accessLine = new AccessLine();
  let turn = 0;
  return {
    name: `AccessLine: ${what}, in a queue that is emptied`,
    call: () => {
      turn = (turn + 1) & (differentRequests - 1);
      const request = requests[turn];
      if (request === undefined) throw new Error('there is no request');
      const durationMs = 1 + (turn % 97) / 13;
      accessLine.write(request, 200, durationMs, 1_790_000_000_000 + turn * 7);
      keep(queue.add(accessLine.memory, accessLine.length));
      if (queue.hasPieces) queue.consume(queue.next(limitBytes)?.length ?? 0);
    },
  };
}

function requestOf(at: number, path: string): LoggedRequest {
  return {
    head: { method: 'GET', path },
    path,
    clientIp: '203.0.113.177',
    consumer: { name: 'app' },
    route: { name: 'projects', internal: false },
    forward: { target: { url: 'http://10.0.0.1:8080' }, retries: 0 },
    errorCode: null,
    shadowRefusal: null,
    requestId: `0198c0de-1234-7abc-8def-0123456${String(at).padStart(5, '0')}`,
    requestBody: { received: 1_013 },
    response: { bodyBytes: 385 },
  };
}

function mixedRequestOf(at: number): LoggedRequest {
  return {
    ...requestOf(at, `/api/v1/projects/${at * at}/issues`),
    head: { method: at % 3 === 0 ? 'POST' : 'GET', path: '' },
    clientIp: `203.0.${at % 251}.${at % 193}`,
    consumer: { name: `app-${at % 119}` },
    route: { name: `projects-${at % 17}`, internal: false },
    forward: { target: { url: `http://10.0.0.${1 + (at % 16)}:8080` }, retries: 0 },
    requestBody: { received: at % 3 === 0 ? at * 13 : 0 },
    response: { bodyBytes: 385 + at * 71 },
  };
}
