import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inChunks, startExchange, withLength } from './fixtures/open-exchange.ts';
import { ask } from './fixtures/recording-owner.ts';

describe('an owner that is not interested any more', () => {
  for (const event of ['head 200', 'body']) {
    test(`hears nothing after it destroyed the connection at its ${event}`, async (context) => {
      const { owner, connection, started } = await startExchange(context);
      owner.onEvent = (heard) => {
        if (heard === event) owner.connection?.destroy();
      };
      connection.send(inChunks);
      await connection.closed;
      assert.equal(owner.heard.at(-1), event);
      assert.equal(started.pool.openConnections, 0);
    });
  }

  test('leaves a connection that can be used again, where the rest of the answer comes', async (context) => {
    const { owner, connection, started } = await startExchange(context);
    owner.onEvent = (heard) => {
      if (heard.startsWith('head')) owner.connection?.discardAnswer();
    };
    connection.send(inChunks.slice(0, -10));
    await owner.headSeen;
    connection.send(inChunks.slice(-10));
    while (owner.connection?.busy === true) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(owner.heard, ['head 200']);
    const second = ask(started.pool);
    assert.equal(second.connection, owner.connection);
    await connection.requests(2);
    connection.send(withLength);
    await second.done;
    assert.equal(second.body, 'hello');
  });

  test('leaves none where the rest does not come in time', async (context) => {
    const { owner, connection, started } = await startExchange(context);
    owner.onEvent = () => owner.connection?.discardAnswer();
    connection.send(withLength.slice(0, -1));
    await owner.headSeen;
    started.pass(1_060);
    assert.equal(started.pool.openConnections, 0);
    await connection.closed;
  });

  for (const [framing, head, tail, size] of [
    ['with a length', 'Content-Length: 900000\r\n\r\n', '', 900_000],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n11170\r\n', '\r\n0\r\n\r\n', 70_000],
  ] as const) {
    test(`leaves none where the rest ${framing} is large`, async (context) => {
      const { owner, connection, started } = await startExchange(context);
      owner.onEvent = () => owner.connection?.discardAnswer();
      connection.send(`HTTP/1.1 200 OK\r\n${head}${'x'.repeat(size)}${tail}`);
      await connection.closed;
      assert.equal(started.pool.openConnections, 0);
      const following = ask(started.pool);
      assert.equal(following.connection?.reused, false);
      following.connection?.destroy();
      assert.deepEqual(owner.heard, ['head 200']);
    });
  }

  test('leaves none where the request is not sent yet', async (context) => {
    const { owner, connection, started } = await startExchange(context);
    owner.requestSent = false;
    owner.connection?.discardAnswer();
    await connection.closed;
    assert.equal(started.pool.openConnections, 0);
  });
});
