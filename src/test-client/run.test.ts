import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { planRequests, plannedCount, type ClientCommand } from './plan.ts';
import { runClient, type RunResult } from './run.ts';

interface Trial {
  readonly command?: ClientCommand;
  readonly count?: number;
  readonly apiKey?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly prefix?: string;
  readonly onOutcome?: () => void;
}

async function serve(context: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function run(port: number, trial: Trial): Promise<RunResult> {
  return runClient({
    command: trial.command ?? 'data',
    count: trial.count ?? 1,
    apiKey: trial.apiKey ?? null,
    endpoint: new URL(`http://127.0.0.1:${port}${trial.prefix ?? ''}`),
    timeoutMs: trial.timeoutMs ?? 10_000,
    signal: trial.signal ?? new AbortController().signal,
    onOutcome: trial.onOutcome ?? (() => {}),
  });
}

const keyOf = ({ headers }: IncomingMessage) => String(headers['x-api-key'] ?? 'none');
const seen = (request: IncomingMessage) => `${request.method} ${request.url} ${keyOf(request)}`;

describe('plan', () => {
  it('has as many requests as it says', () => {
    for (const command of ['auth', 'data'] as const) {
      const options = { command, count: 4, apiKey: null };
      assert.equal([...planRequests(options)].length, plannedCount(options));
    }
  });
});

describe('test client', () => {
  it('sends each command to its endpoint, with the key', async (context) => {
    const requests: string[] = [];
    const port = await serve(context, (request, response) => {
      requests.push(seen(request));
      response.end('{}');
    });
    for (const command of ['health', 'echo', 'user', 'data', 'slow', 'rate-limit'] as const) {
      await run(port, { command, apiKey: 'key-1' });
    }
    assert.deepEqual(requests, [
      'GET /health key-1',
      'POST /api/echo key-1',
      'GET /api/user?id=1 key-1',
      'GET /api/data key-1',
      'GET /api/slow key-1',
      'GET /api/data key-1',
    ]);
  });

  it('puts the path of the endpoint before that of the request', async (context) => {
    const requests: string[] = [];
    const port = await serve(context, (request, response) => {
      requests.push(seen(request));
      response.end();
    });
    await run(port, { prefix: '/edge/' });
    assert.deepEqual(requests, ['GET /edge/api/data none']);
  });

  it('tries no key, a valid one and an invalid one, and expects the last to be refused', async (context) => {
    const port = await serve(context, (request, response) => {
      response.statusCode = keyOf(request) === 'invalid-key' ? 401 : 200;
      response.end(JSON.stringify({ backend: `saw ${keyOf(request)}` }));
    });
    const { outcomes } = await run(port, { command: 'auth' });
    assert.deepEqual(
      outcomes.map(({ label, status, backend, met }) => [label, status, backend, met]),
      [
        ['no key', 200, 'saw none', true],
        ['valid key', 200, 'saw key-test-1', true],
        ['invalid key', 401, 'saw invalid-key', true],
      ],
    );
  });

  it('says of an answer its backend and code, from the body or else from X-Backend', async (context) => {
    const bodies = ['{"backend":"B","code":"c"}', 'not json', 'null', '{"backend":7}'];
    const port = await serve(context, (_, response) => {
      response.setHeader('X-Backend', '127.0.0.1:9');
      response.end(bodies.shift());
    });
    const { outcomes } = await run(port, { count: 4 });
    assert.deepEqual(
      outcomes.map(({ backend, code }) => [backend, code]),
      [
        ['B', 'c'],
        ['127.0.0.1:9', null],
        ['127.0.0.1:9', null],
        ['127.0.0.1:9', null],
      ],
    );
  });

  it('uses one connection for all requests', async (context) => {
    const sockets = new Set<unknown>();
    const port = await serve(context, ({ socket }, response) => {
      sockets.add(socket);
      response.end('{}');
    });
    await run(port, { count: 5 });
    assert.equal(sockets.size, 1);
  });

  it('stops when nothing listens, and says so', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const { outcomes, stopped } = await run(port, { count: 3 });
    assert.match(
      stopped ?? '',
      new RegExp(`^Nothing listens at http://127\\.0\\.0\\.1:${port}: the connection was refused\\.`),
    );
    assert.deepEqual(outcomes, []);
  });

  it('counts a connection that is cut as a request without an answer, before and in the body', async (context) => {
    const port = await serve(context, ({ url }, response) => {
      if (url === '/api/user?id=2') response.writeHead(200, { 'Content-Length': 10 }).write('12345');
      setImmediate(() => response.destroy());
    });
    const { outcomes, stopped } = await run(port, { command: 'user', count: 2 });
    assert.equal(stopped, null);
    assert.deepEqual(
      outcomes.map(({ status, met, failure }) => [status, met, failure]),
      Array.from({ length: 2 }, () => [null, false, 'the connection was closed before the end of the answer']),
    );
  });

  it('gives up on an answer that takes too long, before and in the body', async (context) => {
    const port = await serve(context, ({ url }, response) => {
      if (url === '/api/user?id=2') response.writeHead(200, { 'Content-Length': 10 }).write('12345');
    });
    const { outcomes } = await run(port, { command: 'user', count: 2, timeoutMs: 50 });
    assert.deepEqual(
      outcomes.map(({ status, failure }) => [status, failure]),
      Array.from({ length: 2 }, () => [null, 'no answer within 50 ms']),
    );
  });

  it('ends when it is interrupted, with what was done until then', async (context) => {
    const interruption = new AbortController();
    const port = await serve(context, ({ url }, response) => {
      if (url === '/api/user?id=2') interruption.abort();
      else response.end('{}');
    });
    const { outcomes, stopped } = await run(port, { command: 'user', count: 9, signal: interruption.signal });
    assert.equal(outcomes.length, 1);
    assert.equal(stopped, 'Interrupted after 1 of 9 requests.');
  });
});
