import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';
import { post, startMirrored, whenCounted } from './mirrored-gateway.ts';

describe('a copy of a request', () => {
  test('is the same request, and says of which route it is a copy', async (t) => {
    const main = await startRecordingTarget(t);
    const copies = await startRecordingTarget(t, (response) => response.writeHead(500).end('not wanted'));
    const gateway = await startMirrored(t, { main: main.url, copies: copies.url });
    const fields = { 'X-Custom': 'a', 'X-Mirrored-From': 'somebody' };
    const response = await rawRequest(t, gateway.port, post('body', fields));
    assert.deepEqual([response.status, response.text], [200, 'fine']);
    assert.equal(`http://${response.field('x-backend') ?? ''}`, main.url);
    await whenCounted(gateway, 1, 0);
    const [original, copy] = [main.requests[0], copies.requests[0]];
    assert.ok(original !== undefined && copy !== undefined);
    assert.deepEqual([copy.method, copy.url, copy.body.toString()], ['POST', '/a?b', 'body']);
    const { host, 'x-mirrored-from': route, ...rest } = copy.headers;
    const { host: originalHost, ...originalRest } = original.headers;
    assert.deepEqual(rest, originalRest);
    assert.equal(rest['x-request-id'], response.field('x-request-id'));
    assert.equal(route, 'copied');
    assert.deepEqual([`http://${originalHost ?? ''}`, `http://${host ?? ''}`], [main.url, copies.url]);
  });

  test('has the path and the host that the route rewrites', async (t) => {
    const [main, copies] = [await startRecordingTarget(t), await startRecordingTarget(t)];
    const rewrite = { path: '/new{*}', host: 'internal.example' };
    const gateway = await startMirrored(t, { main: main.url, copies: copies.url }, { route: { rewrite } });
    await rawRequest(t, gateway.port, requestText('GET', '/old?c'));
    await whenCounted(gateway, 1, 0);
    const [copy] = copies.requests;
    assert.deepEqual([copy?.url, copy?.headers.host], ['/newold?c', 'internal.example']);
  });

  test('has its whole body, however it comes', async (t) => {
    const [main, copies] = [await startRecordingTarget(t), await startRecordingTarget(t)];
    const gateway = await startMirrored(t, { main: main.url, copies: copies.url }, { mirror: { body_limit: '1MiB' } });
    const body = Array.from({ length: 100_000 }, (_, at) => `${at} `)
      .join('')
      .slice(0, 400_000);
    const client = await RawClient.connect(t, gateway.port);
    await client.ask(post(body), 'POST');
    void client.write(requestText('PUT', '/', { 'Transfer-Encoding': 'chunked' }));
    for (const part of [body.slice(0, 7), body.slice(7, 70_000), body.slice(70_000)]) {
      void client.write(`${part.length.toString(16)}\r\n${part}\r\n`);
    }
    assert.equal((await client.ask('0\r\n\r\n', 'PUT')).status, 200);
    void client.write(requestText('PUT', '/', { 'Transfer-Encoding': 'chunked' }));
    assert.equal((await client.ask('0\r\n\r\n', 'PUT')).status, 200);
    await whenCounted(gateway, 3, 0);
    assert.deepEqual(
      copies.requests.map((copy) => [copy.method, copy.headers['transfer-encoding'], copy.body.toString() === body]),
      [
        ['POST', undefined, true],
        ['PUT', 'chunked', true],
        ['PUT', 'chunked', false],
      ],
    );
    assert.equal(copies.requests[2]?.body.length, 0);
  });

  test('is made of the part of the requests that it shall be made of', async (t) => {
    const [main, copies] = [await startRecordingTarget(t), await startRecordingTarget(t)];
    const targets = { main: main.url, copies: copies.url };
    const none = await startMirrored(t, targets, { mirror: { share: 0 } });
    const some = await startMirrored(t, targets, { mirror: { share: 0.25 } });
    const ask = async (port: number) => await (await fetch(`http://127.0.0.1:${port}/`)).text();
    for (let asked = 0; asked < 20; asked++) await ask(none.port);
    assert.equal(copies.requests.length, 0);
    for (let asked = 0; asked < 400; asked += 40) await Promise.all(Array.from({ length: 40 }, () => ask(some.port)));
    const copied = (await some.metrics()).sum('gateway_mirrored_requests_total');
    // Five and a half standard deviations on either side.
    assert.ok(Math.abs(copied - 100) < 48, `${copied} of 400 were copied`);
    assert.equal(main.requests.length, 420);
  });

  test('goes on a kept connection, and on a new one where that has been closed', async (t) => {
    const main = await startRecordingTarget(t);
    const closing = await startRawTarget(t, async (connection) => {
      await connection.request();
      await connection.write(okText('one'));
      await connection.request();
      connection.reset();
    });
    const gateway = await startMirrored(t, { main: main.url, copies: closing.url });
    for (let asked = 1; asked <= 2; asked++) {
      await rawRequest(t, gateway.port, requestText('GET', '/'));
      await whenCounted(gateway, asked, 0);
    }
    assert.equal(closing.connections.length, 2);
  });
});

describe('a request whose body is not whole or too large', () => {
  test('is not copied beyond the limit', async (t) => {
    const [main, copies] = [await startRecordingTarget(t), await startRecordingTarget(t)];
    const gateway = await startMirrored(t, { main: main.url, copies: copies.url }, { mirror: { body_limit: '10B' } });
    const client = await RawClient.connect(t, gateway.port);
    assert.equal((await client.ask(post('12345678901'), 'POST')).status, 200);
    await whenCounted(gateway, 0, 1);
    const chunked = requestText('POST', '/', { 'Transfer-Encoding': 'chunked' });
    assert.equal((await client.ask(`${chunked}6\r\n123456\r\n5\r\n12345\r\n0\r\n\r\n`, 'POST')).status, 200);
    await whenCounted(gateway, 0, 2);
    assert.equal((await client.ask(post('1234567890'), 'POST')).status, 200);
    await whenCounted(gateway, 1, 2);
    assert.deepEqual(
      copies.requests.map(({ body }) => body.toString()),
      ['1234567890'],
    );
  });

  test('is not copied where its client goes away before its end', async (t) => {
    const main = await startRawTarget(t);
    const copies = await startRecordingTarget(t);
    const gateway = await startMirrored(t, { main: main.url, copies: copies.url });
    const client = await RawClient.connect(t, gateway.port);
    await client.write(post('1234567890').slice(0, -1));
    await (await main.connection(0)).requestHead();
    client.reset();
    await whenCounted(gateway, 0, 1);
    assert.equal(copies.connectionCount(), 0);
  });

  test('is not copied where it is answered before its end', async (t) => {
    const main = await startRawTarget(t, async (connection) => {
      await connection.requestHead();
      await connection.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n');
    });
    const copies = await startRecordingTarget(t);
    const gateway = await startMirrored(t, { main: main.url, copies: copies.url });
    const response = await rawRequest(t, gateway.port, post('1234567890').slice(0, -1));
    assert.equal(response.status, 413);
    await whenCounted(gateway, 0, 1);
    assert.equal(copies.connectionCount(), 0);
  });

  test('is copied where its client goes away after it, while the answer is awaited', async (t) => {
    const main = await startRawTarget(t);
    const waiting = Promise.withResolvers<void>();
    const copies = await startRawTarget(t, async (connection) => {
      await connection.request();
      await waiting.promise;
      await connection.write(okText('late'));
    });
    const gateway = await startMirrored(t, { main: main.url, copies: copies.url });
    const client = await RawClient.connect(t, gateway.port);
    await client.write(post('1234567890'));
    await copies.connection(0);
    await (await main.connection(0)).request();
    client.reset();
    await (await main.connection(0)).ended();
    waiting.resolve();
    await whenCounted(gateway, 1, 0);
  });
});

test('a body that has come before the policies were done is copied too', async (t) => {
  const [main, copies] = [await startRecordingTarget(t), await startRecordingTarget(t)];
  const policies = [{ api_key: { required: true } }];
  const gateway = await startMirrored(t, { main: main.url, copies: copies.url }, { route: { policies } });
  const { adminAddress } = gateway.gateway;
  const made = await fetch(`http://127.0.0.1:${adminAddress?.port}/admin/apikeys`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Connection: 'close' },
    body: JSON.stringify({ name: 'somebody' }),
  });
  const { data } = (await made.json()) as { data: { raw_key: string } };
  // The worker has not heard of the key, so it asks for it while the body is there already.
  const response = await rawRequest(t, gateway.port, post('whole body', { 'X-API-Key': data.raw_key }));
  assert.equal(response.status, 200);
  await whenCounted(gateway, 1, 0);
  assert.equal(copies.requests[0]?.body.toString(), 'whole body');
});

test('only requests that the policies let by are copied', async (t) => {
  const main = await startRawTarget(t, answerAlways(okText('fine')));
  const copies = await startRecordingTarget(t);
  const policies = [{ rate_limit: { by: 'ip', limit: '1/h', burst: 2 } }];
  const gateway = await startMirrored(t, { main: main.url, copies: copies.url }, { route: { policies } });
  const statuses = [];
  for (let asked = 0; asked < 3; asked++) statuses.push((await rawRequest(t, gateway.port, post('x'))).status);
  assert.deepEqual(statuses, [200, 200, 429]);
  await waitUntil('two copies', () => copies.requests.length === 2);
  await whenCounted(gateway, 2, 0);
});
