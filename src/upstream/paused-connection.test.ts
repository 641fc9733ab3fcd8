import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startExchange, withLength } from './fixtures/open-exchange.ts';
import { ask } from './fixtures/recording-owner.ts';

describe('a connection whose reading is paused', () => {
  test('by the last piece of an answer gives the next request its answer', async (context) => {
    const { owner, connection, started } = await startExchange(context);
    owner.onEvent = (event) => {
      if (event === 'body') owner.connection?.pause();
    };
    connection.send(withLength);
    await owner.done;
    const second = ask(started.pool);
    assert.equal(second.connection, owner.connection);
    await connection.requests(2);
    connection.send(withLength);
    await second.done;
    assert.equal(second.body, 'hello');
  });

  test('gets the rest of its answer once it is resumed, not before', async (context) => {
    const { owner, connection } = await startExchange(context);
    owner.onEvent = (event) => {
      if (event === 'body') owner.connection?.pause();
    };
    connection.send(withLength.slice(0, -2));
    await owner.headSeen;
    connection.send('lo');
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(owner.body, 'hel');
    owner.connection?.resume();
    await owner.done;
    assert.equal(owner.body, 'hello');
  });

  test('for others to have their turn, after very many small chunks, goes on by itself', async (context) => {
    const { owner, connection } = await startExchange(context);
    connection.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(200_000)}0\r\n\r\n`);
    await owner.done;
    assert.equal(owner.body.length, 200_000);
  });
});
