import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startMockBackend, type MockBackend } from './server.ts';

let backend: MockBackend;

async function ask(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(backend.url + path, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

const post = (body?: string): RequestInit => ({ method: 'POST', body });

describe('mock backend', () => {
  before(async () => {
    backend = await startMockBackend({ name: 'Backend-7', port: 0, host: '127.0.0.1' });
  });
  after(() => backend.close());
  beforeEach(async () => {
    await ask('/health/up', post());
    await ask('/fail?count=0', post());
  });

  it('is healthy, with its name in the answer', async () => {
    const { status, headers, body } = await ask('/health');
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/json');
    assert.partialDeepStrictEqual(body, { backend: 'Backend-7', status: 'healthy' });
  });

  it('answers /health with 503 from /health/down to /health/up, and goes on serving', async () => {
    await ask('/health/down', post());
    assert.equal((await ask('/health')).status, 503);
    assert.equal((await ask('/api/data')).status, 200);
    await ask('/health/up', post());
    assert.equal((await ask('/health')).status, 200);
  });

  it('gives the user of the id', async () => {
    const { status, body } = await ask('/api/user?id=12%203');
    assert.equal(status, 200);
    const user = { backend: 'Backend-7', id: '12 3', name: 'User 12 3', email: 'user12%203@example.com' };
    assert.deepEqual(body, user);
  });

  it('gives a user without an id too', async () => {
    assert.partialDeepStrictEqual((await ask('/api/user')).body, { id: '1' });
  });

  it('gives a list of data', async () => {
    const { body } = await ask('/api/data');
    assert.partialDeepStrictEqual(body, { backend: 'Backend-7', data: [{ id: 1, name: 'alpha' }] });
  });

  it('echoes JSON as JSON, and what it received', async () => {
    const { status, body } = await ask('/api/echo?x=1', {
      ...post('{"message":["hello"]}'),
      headers: { 'X-Seen': 'yes' },
    });
    assert.equal(status, 200);
    assert.partialDeepStrictEqual(body, {
      backend: 'Backend-7',
      echo: { message: ['hello'] },
      received: { method: 'POST', path: '/api/echo', headers: { 'x-seen': 'yes' } },
    });
  });

  it('echoes any other body as a string', async () => {
    assert.partialDeepStrictEqual((await ask('/api/echo', post('not {json'))).body, { echo: 'not {json' });
    assert.partialDeepStrictEqual((await ask('/api/echo', post())).body, { echo: '' });
  });

  it('echoes JSON that is nested as deeply as anyone likes', async () => {
    const nested = '['.repeat(100_000) + ']'.repeat(100_000);
    const response = await fetch(`${backend.url}/api/echo`, post(nested));
    assert.equal(response.status, 200);
    // Whether it comes back as JSON or as a string depends on how deep the JavaScript engine can write.
    assert.equal((await response.text()).includes(nested), true);
  });

  it('refuses to echo more than a mebibyte with 413, whether the length is declared or not', async () => {
    assert.equal((await ask('/api/echo', post('a'.repeat(1024 * 1024)))).status, 200);
    assert.equal((await ask('/api/echo', post('a'.repeat(1024 * 1024 + 1)))).status, 413);
    const chunks = ReadableStream.from(Array.from({ length: 20 }, () => Buffer.alloc(100_000, 'a')));
    const chunked = { method: 'POST', body: chunks, duplex: 'half' } as const;
    assert.equal((await ask('/api/echo', chunked)).status, 413);
  });

  it('is slow for as long as asked', async () => {
    const started = performance.now();
    const { status, body } = await ask('/api/slow?ms=40');
    assert.equal(status, 200);
    assert.partialDeepStrictEqual(body, { backend: 'Backend-7', delay_ms: 40 });
    assert.ok(performance.now() - started >= 38);
  });

  it('lets the next answers under /api fail, and leaves health checks alone', async () => {
    await ask('/fail?status=502&count=2', post());
    assert.equal((await ask('/health')).status, 200);
    const { status, body } = await ask('/api/data');
    assert.equal(status, 502);
    assert.partialDeepStrictEqual(body, { backend: 'Backend-7' });
    assert.equal((await ask('/api/echo', post('x'))).status, 502);
    assert.equal((await ask('/api/data')).status, 200);
  });

  for (const path of ['/fail?status=200', '/fail?status=abc', '/fail?count=-1', '/fail?count=1.5', '/fail?count=']) {
    it(`refuses POST ${path}`, async () => {
      assert.equal((await ask(path, post())).status, 400);
      assert.equal((await ask('/api/data')).status, 200);
    });
  }

  it('refuses a delay that is not a number of milliseconds', async () => {
    assert.equal((await ask('/api/slow?ms=soon')).status, 400);
    assert.equal((await ask('/api/slow?ms=600001')).status, 400);
  });

  it('answers 404 with JSON for any other path', async () => {
    for (const path of ['/', '//', '/api', '/api/data/', '/healthz', '/constructor']) {
      const { status, body } = await ask(path);
      assert.equal(status, 404, path);
      assert.partialDeepStrictEqual(body, { backend: 'Backend-7' });
    }
  });

  it('answers 405 with Allow for a wrong method', async () => {
    const echo = await ask('/api/echo');
    assert.equal(echo.status, 405);
    assert.equal(echo.headers.get('allow'), 'POST');
    const data = await ask('/api/data', { method: 'DELETE' });
    assert.equal(data.status, 405);
    assert.equal(data.headers.get('allow'), 'GET, HEAD');
    assert.partialDeepStrictEqual(data.body, { backend: 'Backend-7' });
  });

  it('answers HEAD without a body', async () => {
    const { status, headers, body } = await ask('/api/data', { method: 'HEAD' });
    assert.equal(status, 200);
    assert.ok(Number(headers.get('content-length')) > 0);
    assert.equal(body, null);
  });

  it('keeps connections alive between requests', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const reused: boolean[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const request = get(`${backend.url}/api/data`, { agent });
      const [response] = await once(request, 'response');
      response.resume();
      await once(response, 'end');
      reused.push(request.reusedSocket);
      assert.match(String(response.headers['keep-alive']), /timeout=75/);
    }
    agent.destroy();
    assert.deepEqual(reused, [false, true]);
  });

  it('lives on when a client goes away in the middle of a body', async () => {
    const socket = connect(backend.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n');
    // The interim answer says that the body is being read.
    await once(socket, 'data');
    socket.destroy();
    await once(socket, 'close');
    assert.equal((await ask('/api/data')).status, 200);
  });
});

describe('mock backend, starting and stopping', () => {
  it('says in one line that a port is in use', async () => {
    const first = await startMockBackend({ name: 'first', port: 0 });
    try {
      await assert.rejects(startMockBackend({ name: 'second', port: first.port }), (error: Error) => {
        assert.equal(
          error.message,
          `The backend "second" cannot listen: port ${first.port} is in use by another program. ` +
            'Stop that program or choose another port.',
        );
        return true;
      });
    } finally {
      await first.close();
    }
  });

  it('says in one line that an address is not this machine’s', async () => {
    await assert.rejects(startMockBackend({ name: 'a', port: 0, host: '203.0.113.1' }), {
      message:
        'The backend "a" cannot listen: port 0 on 203.0.113.1 is not an address of this machine. Choose another host.',
    });
  });

  it('is reached by localhost when it listens on every interface', async () => {
    const everywhere = await startMockBackend({ name: 'a', port: 0 });
    try {
      assert.equal(everywhere.url, `http://localhost:${everywhere.port}`);
      assert.equal((await fetch(`${everywhere.url}/health`)).status, 200);
      assert.equal((await fetch(`http://127.0.0.1:${everywhere.port}/health`)).status, 200);
    } finally {
      await everywhere.close();
    }
  });

  it('cuts a slow request when it is closed, and may be closed again', async () => {
    const closing = await startMockBackend({ name: 'a', port: 0, host: '127.0.0.1' });
    const socket = connect(closing.port, '127.0.0.1');
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    socket.resume();
    socket.write('GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /api/slow?ms=600000 HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    await closing.close();
    await ended;
    await closing.close();
  });
});
