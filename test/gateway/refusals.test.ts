import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ErrorCode } from '../../src/core/error-codes.ts';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { plainGet, RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget } from '../support/raw-target.ts';
import { startRefusedPort } from '../support/refused-port.ts';

const host = 'Host: a\r\n';
const chunked = 'Transfer-Encoding: chunked\r\n';
const post = `POST / HTTP/1.1\r\n${host}`;
const get = `GET / HTTP/1.1\r\n${host}`;

/** What is sent, and the code of its refusal; the connection cannot go on after any of these. */
const unreadable: readonly (readonly [text: string, code: ErrorCode])[] = [
  ['GET / HTTP/1.1\nHost: a\n\n', 'malformed_request'],
  [`${get}X: a\nY: b\r\n\r\n`, 'malformed_request'],
  [`${get}X: a\rY: b\r\n\r\n`, 'malformed_request'],
  [`${get}X: a\0b\r\n\r\n`, 'malformed_request'],
  [`${get}X : a\r\n\r\n`, 'malformed_request'],
  [`${get}: a\r\n\r\n`, 'malformed_request'],
  [`${get}X: a\r\n b\r\n\r\n`, 'malformed_request'],
  [`${get} X: a\r\n\r\n`, 'malformed_request'],
  [`${get}Xa\r\n\r\n`, 'malformed_request'],
  [`${get}X\xe9: a\r\n\r\n`, 'malformed_request'],
  [`${get}Connection: a b\r\n\r\n`, 'malformed_request'],
  [`\r\n\r\n${get}\r\n`, 'malformed_request'],
  [`GET  / HTTP/1.1\r\n${host}\r\n`, 'malformed_request'],
  [`GET /  HTTP/1.1\r\n${host}\r\n`, 'malformed_request'],
  [`GET / HTTP/1.1 \r\n${host}\r\n`, 'malformed_request'],
  [`GET /\r\n\r\n`, 'malformed_request'],
  [`GET / http/1.1\r\n${host}\r\n`, 'malformed_request'],
  [`GET / HTTP/1.2\r\n${host}\r\n`, 'malformed_request'],
  [`G(T / HTTP/1.1\r\n${host}\r\n`, 'malformed_request'],
  [`${'M'.repeat(33)} / HTTP/1.1\r\n${host}\r\n`, 'malformed_request'],
  [`GET /a#b HTTP/1.1\r\n${host}\r\n`, 'invalid_target'],
  [`GET /\xe9 HTTP/1.1\r\n${host}\r\n`, 'invalid_target'],
  [`GET a HTTP/1.1\r\n${host}\r\n`, 'invalid_target'],
  [`GET * HTTP/1.1\r\n${host}\r\n`, 'invalid_target'],
  [`GET ftp://a/ HTTP/1.1\r\n${host}\r\n`, 'invalid_target'],
  [`GET http://a@b/ HTTP/1.1\r\n${host}\r\n`, 'invalid_target'],
  [`GET /../r HTTP/1.1\r\n${host}\r\n`, 'invalid_path'],
  [`GET /a%2fr HTTP/1.1\r\n${host}\r\n`, 'invalid_path'],
  [`GET /a\\r HTTP/1.1\r\n${host}\r\n`, 'invalid_path'],
  [`GET /%zz HTTP/1.1\r\n${host}\r\n`, 'invalid_path'],
  [`GET /r%00 HTTP/1.1\r\n${host}\r\n`, 'invalid_path'],
  ['GET / HTTP/1.1\r\n\r\n', 'invalid_host'],
  [`${get}Host: a\r\n\r\n`, 'invalid_host'],
  ['GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 'invalid_host'],
  ['GET / HTTP/1.1\r\nHost:\r\n\r\n', 'invalid_host'],
  ['GET / HTTP/1.1\r\nHost: a@b\r\n\r\n', 'invalid_host'],
  [`${post}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`, 'invalid_framing'],
  [`${post}Content-Length: 1, 1\r\n\r\na`, 'invalid_framing'],
  [`${post}Content-Length: +1\r\n\r\na`, 'invalid_framing'],
  [`${post}Content-Length: 0x1\r\n\r\na`, 'invalid_framing'],
  [`${post}Content-Length: -1\r\n\r\n`, 'invalid_framing'],
  [`${post}Content-Length: 9007199254740992\r\n\r\n`, 'invalid_framing'],
  [`${post}Content-Length:\r\n\r\n`, 'invalid_framing'],
  [`${post}Content-Length: 5\r\n${chunked}\r\n0\r\n\r\n`, 'invalid_framing'],
  [`${post}${chunked}${chunked}\r\n0\r\n\r\n`, 'invalid_framing'],
  [`${post}Transfer-Encoding: chunked, gzip\r\n\r\n`, 'invalid_framing'],
  [`POST / HTTP/1.0\r\n${chunked}\r\n0\r\n\r\n`, 'invalid_framing'],
  [`${post}Transfer-Encoding: gzip\r\n\r\n`, 'unsupported_transfer_coding'],
  [`${post}Transfer-Encoding: gzip, chunked\r\n\r\n`, 'unsupported_transfer_coding'],
  [`${post}Content-Length: 1\r\nExpect: 200-ok\r\n\r\n`, 'expectation_failed'],
  [`CONNECT a:443 HTTP/1.1\r\n${host}\r\n`, 'method_not_allowed'],
  [`GET / HTTP/2.0\r\n${host}\r\n`, 'unsupported_version'],
  [`GET / HTTP/0.9\r\n${host}\r\n`, 'unsupported_version'],
  [`GET /${'a'.repeat(8_192)} HTTP/1.1\r\n${host}\r\n`, 'request_line_too_long'],
  [`${get}X: ${'a'.repeat(16_384)}\r\n\r\n`, 'head_too_large'],
  [`${get}${'X: a\r\n'.repeat(100)}\r\n`, 'head_too_large'],
  ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'not_plain_http'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'not_plain_http'],
  ['\x00\xff\x00\xff', 'malformed_request'],
];

describe('a request that is not acceptable', () => {
  test('is refused by its code, its connection closed, and no target hears of it', async (t) => {
    const target = await startRawTarget(t);
    const { port, metricsWhere } = await startGateway(t, documentFor([target.url]));
    for (const [text, code] of unreadable) {
      const about = JSON.stringify(text.slice(0, 80));
      const client = await RawClient.connect(t, port);
      const response = await client.ask(text);
      assertProblem(response, code, about);
      assert.equal(response.field('connection'), 'close', about);
      assert.equal(await client.ended(), 'closed', about);
      assert.equal(client.received.length, 0, about);
      client.end();
    }
    assert.equal(target.connections.length, 0);
    const uncounted = unreadable.filter(([, code]) => code === 'malformed_request' || code === 'not_plain_http').length;
    const page = await metricsWhere((it) => it.sum('gateway_connections') === 0);
    assert.equal(page.sum('gateway_parse_refusals_total'), uncounted);
    assert.equal(page.sum('gateway_http_requests_total'), unreadable.length);
    assert.equal(page.sum('gateway_requests_in_flight'), 0);
  });

  test('never finds its own text in its answer', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, { ...documentFor([target.url]), routes: [] });
    for (const text of [
      requestText('GET', '/<script>alert(1)</script>', { 'X-Request-Id': 'not one' }),
      requestText('GET', '/%2f<script>'),
      'GET / HTTP/1.1\r\nHost: <script>\r\n\r\n',
    ]) {
      const response = await rawRequest(t, port, text);
      assert.doesNotMatch(response.text, /script|alert/);
    }
  });

  test('cut into single bytes gets the same answer', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    for (const byte of 'GET / HTTP/1.1\r\nHost : a\r\n\r\n') await client.write(byte);
    assertProblem(await client.response(), 'malformed_request');
  });
});

describe('a well-formed request', () => {
  test('that is refused leaves its connection open', async (t) => {
    const target = await startRawTarget(t, answerAlways(okText('fine')));
    const { port } = await startGateway(t, {
      ...documentFor([target.url]),
      limits: { body: 10 },
      routes: [
        { name: 'r', match: { path: '/r', host: 'example.com', methods: ['GET', 'POST'] }, upstream: 'backends' },
      ],
    });
    const client = await RawClient.connect(t, port);
    const expect = async (text: string, code: ErrorCode, method = 'GET') => {
      const response = await client.ask(text, method);
      assertProblem(response, code, text);
      assert.equal(response.field('connection'), undefined, text);
      return response;
    };
    await expect(requestText('GET', '/other'), 'route_not_found');
    await expect(requestText('GET', '/r', { Host: 'other.example' }), 'route_not_found');
    await expect(requestText('OPTIONS', '*'), 'route_not_found');
    const refused = await expect(requestText('DELETE', '/r'), 'method_not_allowed', 'DELETE');
    assert.deepEqual(refused.field('allow')?.split(', ').toSorted(), ['GET', 'POST']);
    await expect(`${requestText('POST', '/no', { 'Content-Length': '3' })}abc`, 'route_not_found', 'POST');
    await expect(`${requestText('POST', '/r', { 'Content-Length': '11' })}hello world`, 'body_too_large', 'POST');
    assert.equal((await client.ask(requestText('GET', '/r'))).status, 200);
    const head = await client.ask(requestText('HEAD', '/other'), 'HEAD');
    assert.equal(head.status, 404);
    assert.ok(Number(head.field('content-length')) > 100);
    assert.equal((await client.ask(requestText('GET', '/r'))).status, 200);
    assert.equal(target.connections.length, 1);
  });

  test('for a protocol that nobody speaks here is answered in this one; a WebSocket is refused', async (t) => {
    const target = await startRawTarget(t, answerAlways(okText('fine')));
    const { port } = await startGateway(t, documentFor([target.url]));
    const upgrade = (protocol: string) =>
      requestText('GET', '/', {
        Connection: 'Upgrade, HTTP2-Settings',
        Upgrade: protocol,
        'HTTP2-Settings': 'AAMAAABk',
      });
    // RFC 9110, 7.8: an Upgrade may be ignored, and clients that offer h2c count on it.
    assert.equal((await rawRequest(t, port, upgrade('h2c'))).status, 200);
    assertProblem(await rawRequest(t, port, upgrade('websocket')), 'upgrade_not_supported');
  });

  test('with a body over the limit is cut off where its length was not stated', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, { ...documentFor([target.url]), limits: { body: 10 } });
    const client = await RawClient.connect(t, port);
    void client.write(`${requestText('POST', '/', { 'Transfer-Encoding': 'chunked' })}5\r\nhello\r\n`);
    const backend = await target.connection(0);
    await backend.requestHead();
    const response = await client.ask('6\r\n world\r\n', 'POST');
    assertProblem(response, 'body_too_large');
    assert.equal(response.field('connection'), 'close');
    await backend.ended();
    assert.doesNotMatch(backend.received.toString(), /\r\n0\r\n/);
  });

  test('with a body far over the limit can read why while it still sends', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, { ...documentFor([target.url]), limits: { body: '1KiB' } });
    const client = await RawClient.connect(t, port);
    void client.write(requestText('POST', '/', { 'Content-Length': '200000' }));
    void client.write(Buffer.alloc(200_000));
    assertProblem(await client.response('POST'), 'body_too_large');
    assert.equal(await client.ended(), 'closed');
    assert.equal(target.connections.length, 0);
  });

  test('whose chunks are not well-formed looks whole to nobody', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    const bad = ['\r\n', 'g\r\n', '-1\r\n', '1 \r\na\r\n', '0x1\r\na\r\n', '123456789\r\n', '1\na\r\n', '1\r\nab\r\n'];
    bad.push(`1;${'x'.repeat(300)}\r\na\r\n`, '1;\0\r\na\r\n', '0\r\nX : a\r\n\r\n', '0\r\n a\r\n\r\n');
    for (const [number, chunk] of bad.entries()) {
      const client = await RawClient.connect(t, port);
      void client.write(`${requestText('POST', '/', { 'Transfer-Encoding': 'chunked' })}3\r\nabc\r\n`);
      const backend = await target.connection(number);
      await backend.until('the good chunk', () => (backend.received.includes('abc') ? true : null));
      assertProblem(await client.ask(chunk, 'POST'), 'invalid_chunk', JSON.stringify(chunk));
      await backend.ended();
      assert.doesNotMatch(backend.received.toString(), /\r\n0\r\n/);
    }
  });

  test('is not answered by a target where there is none to be reached', async (t) => {
    const { port } = await startGateway(t, documentFor([await startRefusedPort(t)]));
    const response = await rawRequest(t, port, plainGet);
    assertProblem(response, 'upstream_unreachable');
    assert.doesNotMatch(response.text, /127\.0\.0\.1/);
  });
});
