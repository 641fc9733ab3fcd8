import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

describe('a request', () => {
  test('keeps its method and its target', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];
    for (const method of methods) {
      const path = `/a/${method}/%E2%82%AC;x=1?q=%2F..%2f&a=b?c`;
      const response = await client.ask(requestText(method, path), method);
      assert.equal(response.status, 200);
      assert.deepEqual([target.requests.at(-1)?.method, target.requests.at(-1)?.url], [method, path]);
    }
    assert.equal(target.requests.length, methods.length);
  });

  test('without a body says so only where its method lets one expect', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    for (const [method, stated] of [
      ['GET', undefined],
      ['DELETE', undefined],
      ['POST', '0'],
      ['PUT', '0'],
      ['PATCH', '0'],
    ] as const) {
      assert.equal((await rawRequest(t, port, requestText(method, '/'))).status, 200);
      const headers = target.requests.at(-1)?.headers;
      assert.deepEqual([headers?.['content-length'], headers?.['transfer-encoding']], [stated, undefined], method);
    }
  });

  test('brings its body whole, in the framing that it came in, whatever its size', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    for (const size of [1, 100, 12_287, 12_288, 65_536, 300_000]) {
      const body = randomBytes(size);
      const withLength = requestText('POST', '/', { 'Content-Length': String(size) });
      assert.equal((await client.ask(Buffer.concat([Buffer.from(withLength), body]), 'POST')).status, 200);
      assert.ok(target.requests.at(-1)?.body.equals(body), `${size} bytes with a length`);
      assert.equal(target.requests.at(-1)?.headers['content-length'], String(size));

      const chunk = Buffer.concat([
        Buffer.from(`${size.toString(16)};a="b"\r\n`),
        body,
        Buffer.from('\r\n0\r\nA: b\r\n\r\n'),
      ]);
      const chunked = requestText('POST', '/', { 'Transfer-Encoding': 'chunked' });
      assert.equal((await client.ask(Buffer.concat([Buffer.from(chunked), chunk]), 'POST')).status, 200);
      assert.ok(target.requests.at(-1)?.body.equals(body), `${size} bytes in a chunk`);
      assert.equal(target.requests.at(-1)?.headers['transfer-encoding'], 'chunked');
      assert.equal(target.requests.at(-1)?.headers['content-length'], undefined);
    }
  });

  test('cut into single bytes is the same request', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    const text = `${requestText('POST', '/a', { 'Transfer-Encoding': 'chunked' })}3\r\nabc\r\nb\r\ndefghijklmn\r\n0\r\n\r\n`;
    for (const byte of text) await client.write(byte);
    assert.equal((await client.response('POST')).status, 200);
    assert.equal(target.requests[0]?.body.toString(), 'abcdefghijklmn');
  });

  test('reaches the target in the gateway’s own framing, without extensions and trailers', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const body = '0003;x="y"\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n';
    const client = await RawClient.connect(t, port);
    void client.write(requestText('POST', '/', { 'Transfer-Encoding': 'chunked', Trailer: 'X-Late' }) + body);
    const request = await (await target.connection(0)).request();
    assert.equal(request.body.toString(), 'abc');
    assert.deepEqual(request.chunks, [3]);
    assert.deepEqual([request.field('trailer'), request.field('x-late')], [undefined, undefined]);
  });

  test('is told to go on when it expects that, before its body comes', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    const interim = await client.ask(requestText('PUT', '/', { 'Content-Length': '5', Expect: '100-Continue' }));
    assert.deepEqual([interim.status, interim.fields], [100, []]);
    assert.equal((await client.ask('hello', 'PUT')).status, 200);
    assert.equal(target.requests[0]?.body.toString(), 'hello');
    assert.equal(target.requests[0]?.headers.expect, undefined);
  });

  test('of HTTP/1.0 is answered and its connection closed, unless it asks to keep it', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const once = await RawClient.connect(t, port);
    const answer = await once.ask('GET /old HTTP/1.0\r\n\r\n');
    assert.deepEqual([answer.status, answer.text, answer.field('connection')], [200, 'fine', 'close']);
    assert.equal(await once.ended(), 'closed');
    assert.equal(target.requests[0]?.headers['x-forwarded-host'], undefined);

    const kept = await RawClient.connect(t, port);
    for (let count = 0; count < 2; count++) {
      const again = await kept.ask('GET /old HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n');
      assert.deepEqual([again.status, again.field('connection')], [200, 'keep-alive']);
    }
  });

  test('in absolute form is for the host that it names, whatever Host says', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    await rawRequest(t, port, requestText('GET', 'http://other.example:81/p?q'));
    assert.equal(target.requests[0]?.url, '/p?q');
    assert.equal(target.requests[0]?.headers['x-forwarded-host'], 'other.example:81');
  });

  test('reaches the target with the normalised path that its route was chosen by', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, {
      ...documentFor([target.url]),
      routes: [{ name: 'open', match: { path: '/open/*' }, upstream: 'backends' }],
    });
    assert.equal((await rawRequest(t, port, requestText('GET', '/closed/../%6fpen//./a?/../b'))).status, 200);
    assert.equal(target.requests[0]?.url, '/open/a?/../b');
    for (const path of ['/open/../closed', '/open/%2e%2e/closed', '/open/.%2E/closed']) {
      assert.equal((await rawRequest(t, port, requestText('GET', path))).status, 404, path);
    }
    assert.equal(target.requests.length, 1);
  });
});

describe('a response', () => {
  test('with a length, in chunks or up to the close is passed on whole', async (t) => {
    const body = randomBytes(200_000);
    const target = await startRecordingTarget(t, (response, { url }) => {
      if (url === '/length') response.setHeader('Content-Length', body.length);
      if (url === '/close') response.useChunkedEncodingByDefault = false;
      response.write(body.subarray(0, 70_000));
      response.end(body.subarray(70_000));
    });
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    for (const path of ['/length', '/chunks', '/close']) {
      const response = await client.ask(requestText('GET', path));
      assert.ok(response.body.equals(body), path);
      assert.equal(response.field('content-length'), path === '/length' ? '200000' : undefined);
      assert.equal(response.chunks === null, path === '/length');
    }
    for (const path of ['/chunks', '/close']) {
      const old = await RawClient.connect(t, port);
      const response = await old.ask(`GET ${path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`);
      assert.ok(response.body.equals(body), `${path} to HTTP/1.0`);
      assert.deepEqual([response.chunks, response.field('connection')], [null, 'close']);
    }
  });

  test('without a body by its method or status leaves its connection in order', async (t) => {
    const answers: Readonly<Record<string, string>> = {
      '/head-length': 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n',
      '/head-chunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      '/head-nothing': 'HTTP/1.1 200 OK\r\n\r\n',
      '/204': 'HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n',
      '/204-length': 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
      '/304': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nETag: "a"\r\n\r\n',
      '/0': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    };
    const target = await startRawTarget(t, async (connection) => {
      for (;;) await connection.write(answers[(await connection.request()).target] ?? okText('?'));
    });
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    const framings: unknown[] = [];
    for (const path of Object.keys(answers)) {
      const method = path.startsWith('/head') ? 'HEAD' : 'GET';
      const response = await client.ask(requestText(method, path), method);
      framings.push([path, response.status, response.field('content-length'), response.field('transfer-encoding')]);
    }
    assert.deepEqual(framings, [
      ['/head-length', 200, '1000', undefined],
      ['/head-chunked', 200, undefined, 'chunked'],
      ['/head-nothing', 200, undefined, undefined],
      ['/204', 204, undefined, undefined],
      ['/204-length', 204, undefined, undefined],
      ['/304', 304, '1000', undefined],
      ['/0', 200, '0', undefined],
    ]);
    // The three that state a body which does not follow end their connections: it might follow nonetheless.
    assert.equal(target.connections.length, 4);
  });

  test('may be announced: 103 is passed on to HTTP/1.1, 100 and 102 are not', async (t) => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: x\r\nX: y\r\n\r\n';
    const interim = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${hints}`;
    const target = await startRawTarget(t, answerAlways(interim + okText('fine')));
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    const early = await client.ask(requestText('GET', '/'));
    assert.deepEqual([early.status, early.fields], [103, [['Link', '</a.css>; rel=preload']]]);
    assert.equal((await client.response()).status, 200);
    const old = await rawRequest(t, port, 'GET / HTTP/1.0\r\n\r\n');
    assert.deepEqual([old.status, old.text], [200, 'fine']);
  });

  test('is passed on as it comes, not when it is whole', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    void client.write(requestText('GET', '/'));
    const backend = await target.connection(0);
    await backend.request();
    await backend.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.responseHead();
    for (const part of ['one', 'two', 'three']) {
      await backend.write(`${part.length}\r\n${part}\r\n`);
      await client.until(part, () => (client.received.includes(`${part.length}\r\n${part}\r\n`) ? true : null));
    }
    await backend.write('0\r\nX-Late: 1\r\n\r\n');
    assert.equal((await client.response()).text, 'onetwothree');
  });

  test('keeps its status, reason and bytes above 127', async (t) => {
    const answer =
      'HTTP/1.1 299 Odd \xe9 Reason\r\nX-Bytes: a\xff\xe4b\r\nx-lower:  spaced \r\nContent-Length: 0\r\n\r\n';
    const target = await startRawTarget(t, answerAlways(Buffer.from(answer, 'latin1')));
    const { port } = await startGateway(t, documentFor([target.url]));
    const response = await rawRequest(t, port, requestText('GET', '/', { 'X-Sent': '\xfc\x80' }));
    assert.deepEqual([response.status, response.reason], [299, 'Odd \xe9 Reason']);
    assert.equal(response.field('X-Bytes'), 'a\xff\xe4b');
    assert.ok(response.fields.some(([name, value]) => name === 'x-lower' && value === 'spaced'));
  });
});
