import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { plainGet, RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { okText, startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget } from '../support/recording-target.ts';

describe('connections', () => {
  test('are used again on both sides', async (t) => {
    const target = await startRecordingTarget(t);
    const { port, metrics } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    for (let count = 0; count < 20; count++) assert.equal((await client.ask(plainGet)).status, 200);
    assert.equal(target.connectionCount(), 1);
    const page = await metrics();
    assert.equal(page.sum('gateway_connections_total'), 1);
    assert.equal(page.sum('gateway_connections'), 1);
  });

  test('of targets serve one client after the other', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    for (let count = 0; count < 5; count++) assert.equal((await rawRequest(t, port, plainGet)).status, 200);
    assert.equal(target.connectionCount(), 1);
  });

  test('of a client that says close end, and the target’s stays', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([target.url]));
    for (const spelling of ['close', 'Close', 'keep-alive, close', ' ,close']) {
      const client = await RawClient.connect(t, port);
      const response = await client.ask(requestText('GET', '/', { Connection: spelling }));
      assert.equal(response.field('connection'), 'close');
      assert.equal(await client.ended(), 'closed');
    }
    assert.equal(target.connectionCount(), 1);
    assert.ok(target.requests.every(({ headers }) => headers.connection !== 'close'));
  });

  test('of a target that says close or HTTP/1.0 end, and the client’s stays', async (t) => {
    const answers = [
      okText('a', 'Connection: close\r\n'),
      'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nb',
      'HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nc',
      okText('d'),
    ];
    const target = await startRawTarget(t, async (connection) => {
      for (;;) {
        await connection.request();
        await connection.write(answers.shift() ?? okText('?'));
      }
    });
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    const texts: string[] = [];
    for (let count = 0; count < 4; count++) {
      const response = await client.ask(plainGet);
      texts.push(response.text);
      assert.equal(response.field('connection'), undefined);
    }
    assert.equal(texts.join(''), 'abcd');
    assert.equal(target.connections.length, 3);
    for (const number of [0, 1]) assert.equal(await target.connections[number]?.ended(), 'closed');
    assert.equal(target.connections[2]?.ending, null);
  });

  test('of targets are opened for requests at the same time, up to the pool’s limit, and then waited for', async (t) => {
    const target = await startRawTarget(t);
    const { port } = await startGateway(t, documentFor([target.url], { pool: { max_connections: 2, max_waiting: 1 } }));
    const clients = await Promise.all(['/1', '/2', '/3'].map(() => RawClient.connect(t, port)));
    for (const [number, client] of clients.entries()) {
      void client.write(requestText('GET', `/${number + 1}`));
      if (number < 2) await (await target.connection(number)).request();
    }
    const extra = await RawClient.connect(t, port);
    // The third request may come after this one: whichever is second in the queue is refused.
    void extra.write(requestText('GET', '/4'));
    const refused = await Promise.race([clients[2]?.response(), extra.response()]);
    assert.equal(refused?.status, 503);
    assert.equal(refused.field('retry-after'), '1');
    assert.match(refused.text, /"upstream_busy"/);
    const [first] = target.connections;
    await first?.write(okText('one'));
    assert.match((await first?.request())?.target ?? '', /^\/[34]$/);
    await first?.write(okText('next'));
    assert.equal((await clients[0]?.response())?.text, 'one');
    assert.equal(target.connections.length, 2);
  });

  test('of a client are closed when they have been idle for long enough', async (t) => {
    const target = await startRecordingTarget(t);
    const { port } = await startGateway(t, {
      ...documentFor([target.url]),
      limits: { keep_alive_timeout: '150ms', head_timeout: '300ms' },
    });
    const silent = await RawClient.connect(t, port);
    const client = await RawClient.connect(t, port);
    assert.equal((await client.ask(plainGet)).status, 200);
    const idleSince = performance.now();
    assert.equal(await client.ended(), 'closed');
    assert.ok(performance.now() - idleSince >= 145);
    assert.equal(await silent.ended(), 'closed');
    assert.deepEqual([client.receivedBytes > 0, silent.receivedBytes], [true, 0]);
  });

  test('of a target are closed when they have been idle for long enough, or for as long as it says', async (t) => {
    const fields = ['', 'Keep-Alive: timeout=1\r\n'];
    const target = await startRawTarget(t, async (connection, number) => {
      await connection.request();
      await connection.write(okText('fine', fields[number] ?? ''));
    });
    const { port } = await startGateway(t, documentFor([target.url], { pool: { idle_timeout: '150ms' } }));
    for (const number of [0, 1]) {
      assert.equal((await rawRequest(t, port, plainGet)).status, 200);
      assert.equal(await (await target.connection(number)).ended(), 'closed');
    }
  });
});
