import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { plainGet, RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget } from '../support/raw-target.ts';

const good = 'HTTP/1.1 200 OK\r\n';
const lengthOfOne = 'Content-Length: 1\r\n';

/** Answers that cannot be understood. */
const malformed = [
  'garbage\r\n\r\n',
  '\r\nHTTP/1.1 200 OK\r\n\r\n',
  'HTTP/2.0 200 OK\r\n\r\n',
  'HTTP/1.2 200 OK\r\n\r\n',
  'http/1.1 200 OK\r\n\r\n',
  'HTTP/1.1  200 OK\r\n\r\n',
  'HTTP/1.1 20 OK\r\n\r\n',
  'HTTP/1.1 2000 OK\r\n\r\n',
  'HTTP/1.1 099 OK\r\n\r\n',
  'HTTP/1.1 600 OK\r\n\r\n',
  'HTTP/1.1 2x0 OK\r\n\r\n',
  'HTTP/1.1 200 O\0K\r\n\r\n',
  'HTTP/1.1 200 OK\nContent-Length: 1\n\na',
  `${good}Content-Length: 1\nX: a\r\n\r\na`,
  `${good}X : a\r\n\r\n`,
  `${good}: a\r\n\r\n`,
  `${good}X: a\r\n b\r\n\r\n`,
  `${good}X: a\rb\r\n\r\n`,
  `${good}X: a\0b\r\n\r\n`,
  `${good}Xa\r\n\r\n`,
  `${good}Content-Length: 1\r\nContent-Length: 2\r\n\r\na`,
  `${good}Content-Length: 1, 2\r\n\r\na`,
  `${good}Content-Length: -1\r\n\r\n`,
  `${good}Content-Length: 99999999999999999\r\n\r\n`,
  `${good}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
  `${good}Transfer-Encoding: gzip, chunked\r\n\r\n`,
  `${good}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `${good}X: ${'a'.repeat(17_000)}\r\n\r\n`,
  `${good}${'X: a\r\n'.repeat(101)}\r\n`,
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n'.repeat(50) + okText('x'),
  'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50) + okText('x'),
];

describe('a target whose answer', () => {
  test('is malformed is 502, and its connection is closed', async (t) => {
    const answers = [...malformed];
    const target = await startRawTarget(t, async (connection) => {
      await connection.request();
      await connection.write(answers.shift() ?? okText('?'));
    });
    const { port, metrics } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    for (const [number, answer] of malformed.entries()) {
      const about = JSON.stringify(answer.slice(0, 80));
      void client.write(plainGet);
      let response = await client.response();
      while (response.status === 103) response = await client.response();
      assertProblem(response, 'upstream_invalid_response', about);
      await (await target.connection(number)).ended();
    }
    assert.equal(target.connections.length, malformed.length);
    assert.equal((await metrics()).sum('gateway_backend_errors_total'), malformed.length);
  });

  const unfinished: Readonly<Record<string, string>> = {
    'with a length': `${good}Content-Length: 10\r\n\r\n12345`,
    'in chunks': `${good}Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n`,
    'in chunks, in the last line': `${good}Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n`,
    'in a chunk': `${good}Transfer-Encoding: chunked\r\n\r\na\r\n12345`,
  };
  for (const [how, answer] of Object.entries(unfinished)) {
    test(`${how} ends too early never looks whole`, async (t) => {
      const target = await startRawTarget(t);
      const { port } = await startGateway(t, documentFor([target.url]));
      let number = 0;
      for (const end of ['closes', 'resets'] as const) {
        for (const version of ['1.1', '1.0']) {
          const client = await RawClient.connect(t, port);
          void client.write(`GET / HTTP/${version}\r\nHost: a\r\nConnection: keep-alive\r\n\r\n`);
          const backend = await target.connection(number++);
          await backend.request();
          await backend.write(answer);
          await client.until('the body', () => (client.received.includes('12345') ? true : null));
          if (end === 'closes') backend.end();
          else backend.reset();
          assert.equal(await client.ended(), 'reset', `${end}, HTTP/${version}`);
        }
      }
    });
  }

  test('up to the close is whole when it closes, and cut when it is reset', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    for (const [number, isWhole] of [true, false].entries()) {
      const client = await RawClient.connect(t, port);
      void client.write(plainGet);
      const backend = await target.connection(number);
      await backend.request();
      await backend.write(`${good}\r\n12345`);
      await client.until('the body', () => (client.received.includes('12345') ? true : null));
      if (isWhole) {
        backend.end();
        assert.equal((await client.response()).text, '12345');
      } else {
        backend.reset();
        assert.equal(await client.ended(), 'reset');
        assert.doesNotMatch(client.received.toString(), /\r\n0\r\n/);
      }
    }
  });

  test('has bad chunks ends its client’s connection', async (t) => {
    const bad = ['g\r\n', '\r\n', '5\r\n123456\r\n', '123456789\r\n', '1 \r\na\r\n', '0\r\nX : a\r\n\r\n'];
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    for (const [number, chunk] of bad.entries()) {
      const client = await RawClient.connect(t, port);
      void client.write(plainGet);
      const backend = await target.connection(number);
      await backend.request();
      await backend.write(`${good}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
      await client.until('the good chunk', () => (client.received.includes('abc') ? true : null));
      await backend.write(chunk);
      assert.equal(await client.ended(), 'reset', JSON.stringify(chunk));
      await backend.ended();
    }
  });

  test('is longer than it says is cut to what it says, and its connection not used again', async (t) => {
    const answers = [
      `${good}${lengthOfOne}\r\nab`,
      `${good}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nb`,
      `HTTP/1.1 204 No Content\r\n${lengthOfOne}\r\na`,
      `${good}Content-Length: 0\r\n\r\n${okText('smuggled')}`,
    ];
    const target = await startRawTarget(t, async (connection, number) => {
      await connection.request();
      await connection.write(answers[number] ?? okText('last'));
    });
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    const texts: string[] = [];
    for (let count = 0; count < 5; count++) texts.push((await client.ask(plainGet)).text);
    assert.deepEqual(texts, ['a', 'a', '', '', 'last']);
    assert.equal(target.connections.length, 5);
    for (const number of [0, 1, 2, 3]) await target.connections[number]?.ended();
  });

  test('to HEAD has a body all the same is used no more', async (t) => {
    const target = await startRawTarget(t, async (connection) => {
      await connection.request();
      await connection.write(okText('smuggled'));
    });
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    assert.equal((await client.ask(requestText('HEAD', '/'), 'HEAD')).field('content-length'), '8');
    await target.connections[0]?.ended();
    assert.equal((await client.ask(plainGet)).text, 'smuggled');
    assert.equal(target.connections.length, 2);
  });

  test('comes before the request is whole is passed on, and both connections end', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    void client.write(`${requestText('POST', '/', { 'Content-Length': '1000' })}abc`);
    const backend = await target.connection(0);
    await backend.requestHead();
    await backend.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig');
    const response = await client.response('POST');
    assert.deepEqual([response.status, response.text, response.field('connection')], [413, 'big', 'close']);
    assert.equal(await client.ended(), 'closed');
    await backend.ended();
  });

  test('begins before the request is whole can run beside it', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    void client.write(`${requestText('POST', '/', { 'Transfer-Encoding': 'chunked' })}3\r\nabc\r\n`);
    const backend = await target.connection(0);
    await backend.write(`${good}Transfer-Encoding: chunked\r\n\r\n3\r\nABC\r\n`);
    await client.until('the first echo', () => (client.received.includes('ABC') ? true : null));
    await client.write('3\r\ndef\r\n0\r\n\r\n');
    assert.equal((await backend.request()).body.toString(), 'abcdef');
    await backend.write('3\r\nDEF\r\n0\r\n\r\n');
    assert.equal((await client.response('POST')).text, 'ABCDEF');
  });
});

describe('a target that', () => {
  test('never answers is 504, and its connection is closed', async (t) => {
    const target = await startRawTarget(t);
    const { port, metrics } = await startGateway(t, documentFor([target.url], { timeouts: { response: '200ms' } }));
    const client = await RawClient.connect(t, port);
    const startedAt = performance.now();
    assertProblem(await client.ask(plainGet), 'upstream_timeout');
    assert.ok(performance.now() - startedAt >= 195);
    await target.connections[0]?.ended();
    assertProblem(
      await client.ask(`${requestText('POST', '/', { 'Content-Length': '1' })}a`, 'POST'),
      'upstream_timeout',
    );
    assert.equal((await metrics()).sum('gateway_backend_errors_total'), 2);
  });

  test('sends a head byte by byte, or interim heads, has no more time than one that is silent', async (t) => {
    const target = await startRawTarget(t, async (connection, number) => {
      await connection.request();
      const bytes = number === 0 ? 'H' : 'HTTP/1.1 103 Early Hints\r\n\r\n';
      const drip = setInterval(() => void connection.write(bytes), 50);
      connection.socket.on('close', () => clearInterval(drip));
    });
    const { port } = await startGateway(t, documentFor([target.url], { timeouts: { response: '180ms' } }));
    const [first, second] = [await RawClient.connect(t, port), await RawClient.connect(t, port)];
    const letters = await first.ask(plainGet);
    assert.ok([502, 504].includes(letters.status), letters.text);
    let response = await second.ask(plainGet);
    while (response.status === 103) response = await second.response();
    assertProblem(response, 'upstream_timeout');
  });

  test('stalls in its body is cut, so that the answer does not look whole', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url], { timeouts: { idle: '200ms' } }));
    const client = await RawClient.connect(t, port);
    void client.write(plainGet);
    const backend = await target.connection(0);
    await backend.request();
    await backend.write(`${good}Content-Length: 10\r\n\r\n`);
    for (const part of ['12', '34', '56']) {
      await backend.write(part);
      await client.until(part, () => (client.received.includes(part) ? true : null));
    }
    assert.equal(await client.ended(), 'reset');
    await backend.ended();
  });

  test('takes nothing of a request’s body is 504', async (t) => {
    const target = await startRawTarget(t, ({ socket }) => void socket.pause());
    const { port } = await startGateway(
      t,
      documentFor([target.url], { timeouts: { response: '250ms', idle: '250ms' } }),
    );
    const client = await RawClient.connect(t, port);
    const size = 64 * 1024 * 1024;
    void client.write(requestText('POST', '/', { 'Content-Length': String(size) }));
    void client.write(Buffer.alloc(size));
    assertProblem(await client.response('POST'), 'upstream_timeout');
  });

  test('resets a fresh connection before it answers is 502', async (t) => {
    const target = await startRawTarget(t, async (connection) => {
      await connection.request();
      connection.reset();
    });
    const { port } = await startGateway(t, documentFor([target.url]));
    assertProblem(await rawRequest(t, port, plainGet), 'upstream_reset');
    assert.equal(target.connections.length, 1);
  });

  test('ends its connection within the head of its answer is 502, asked once', async (t) => {
    const target = await startRawTarget(t, async (connection, number) => {
      await connection.request();
      await connection.write(number === 0 ? okText('first') : '');
      await connection.request();
      await connection.write('HTTP/1.1 200 OK\r\nContent-Le');
      if (number === 0) connection.end();
      else connection.reset();
    });
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    assert.equal((await client.ask(plainGet)).text, 'first');
    assertProblem(await client.ask(plainGet), 'upstream_reset');
    assert.equal(target.connections.length, 1);
  });
});
