import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inChunks, openExchange, startExchange, upToClose, withLength } from './fixtures/open-exchange.ts';
import type { TargetConnection } from './fixtures/raw-target.ts';
import { ask, RecordingOwner } from './fixtures/recording-owner.ts';
import { TestPool } from './fixtures/test-pool.ts';

describe('an answer', () => {
  const answers: readonly [name: string, method: string, text: string, heard: readonly string[], reusable: boolean][] =
    [
      [
        'of status 204 with a length ends with its head, and its connection is not used again',
        'GET',
        'HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n',
        ['head 204', 'end'],
        false,
      ],
      ['with a length is told in order', 'GET', withLength, ['head 200', 'body', 'end'], true],
      ['in chunks is told without them', 'GET', inChunks, ['head 200', 'body', 'end'], true],
      ['without a body ends with its head', 'GET', 'HTTP/1.1 204 x\r\n\r\n', ['head 204', 'end'], true],
      [
        'of length zero ends with its head',
        'GET',
        'HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n',
        ['head 200', 'end'],
        true,
      ],
      ['to HEAD ends with its head', 'HEAD', 'HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\n', ['head 200', 'end'], false],
      ['to HEAD that states no body keeps its connection', 'HEAD', 'HTTP/1.1 200 x\r\n\r\n', ['head 200', 'end'], true],
      ['of status 304 that states no body, too', 'GET', 'HTTP/1.1 304 x\r\n\r\n', ['head 304', 'end'], true],
      [
        'of status 304 ends with its head',
        'GET',
        'HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n',
        ['head 304', 'end'],
        false,
      ],
      [
        'that ends the connection is whole',
        'GET',
        withLength.replace('\r\n', '\r\nConnection: close\r\n'),
        ['head 200', 'body', 'end'],
        false,
      ],
      ['of HTTP/1.0 ends the connection', 'GET', withLength.replace('1.1', '1.0'), ['head 200', 'body', 'end'], false],
      [
        'of HTTP/1.0 may keep it',
        'GET',
        withLength.replace('1.1 200 OK', '1.0 200 OK\r\nConnection: keep-alive'),
        ['head 200', 'body', 'end'],
        true,
      ],
      [
        'followed by more is whole, and its connection is not used again',
        'GET',
        `${withLength}x`,
        ['head 200', 'body', 'end'],
        false,
      ],
      [
        'in chunks followed by more is whole too',
        'GET',
        `${inChunks}HTTP/1.1 200 OK\r\n\r\n`,
        ['head 200', 'body', 'end'],
        false,
      ],
      [
        'to HEAD followed by a body is whole, and its connection is not used again',
        'HEAD',
        withLength,
        ['head 200', 'end'],
        false,
      ],
    ];
  for (const [name, method, text, heard, reusable] of answers) {
    test(name, async (context) => {
      const { owner, connection, started } = await startExchange(context, method);
      connection.send(text);
      await owner.done;
      assert.deepEqual(owner.heard, heard);
      assert.equal(owner.body, heard.includes('body') ? 'hello' : '');
      assert.equal(started.pool.openConnections, reusable ? 1 : 0);
      if (!reusable) await connection.closed;
    });
  }

  test('goes on to the close where nothing is stated', async (context) => {
    const { owner, connection, started } = await startExchange(context);
    connection.socket.end(upToClose);
    await owner.done;
    assert.deepEqual(owner.heard, ['head 200', 'body', 'end']);
    assert.equal(owner.body, 'hello');
    assert.equal(started.pool.openConnections, 0);
  });

  test('before the end of the request is whole, and its connection is not used again', async (context) => {
    const { owner, connection, started } = await startExchange(context);
    owner.requestSent = false;
    connection.send(withLength);
    await owner.done;
    assert.deepEqual(owner.heard, ['head 200', 'body', 'end']);
    assert.equal(started.pool.openConnections, 0);
  });

  test('finds its connection back in the pool at its end', async (context) => {
    const { owner, connection, started } = await startExchange(context);
    let next: RecordingOwner | null = null;
    owner.onEvent = (event) => {
      if (event === 'end') next = ask(started.pool);
    };
    connection.send(withLength);
    await owner.done;
    await connection.requests(2);
    connection.send(withLength.replace('hello', 'again'));
    const following = next as RecordingOwner | null;
    await following?.done;
    assert.equal(following?.body, 'again');
    assert.equal(started.target.connections.length, 1);
  });
});

test('a request that waits does not get a connection on which there was more than the answer', async (context) => {
  const started = await TestPool.start({ maximumConnections: 1 });
  context.after(() => started.close());
  const { owner, connection } = await openExchange(started);
  const waiting = ask(started.pool);
  connection.send(`${withLength}${withLength.replace('hello', 'wrong')}`);
  await owner.done;
  const fresh = await started.target.connection(1);
  await fresh.requests(1);
  fresh.send(withLength.replace('hello', 'right'));
  await waiting.done;
  assert.deepEqual([owner.body, waiting.body, waiting.connection?.reused], ['hello', 'right', false]);
});

test('what comes before a request is written is no answer to it', async (context) => {
  const { owner, connection, started } = await startExchange(context);
  connection.send(withLength);
  await owner.done;
  const next = new RecordingOwner();
  next.onConnected = () => {
    next.connection?.beginRequest('GET');
    next.connection?.outgoing.addText('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  };
  next.take(started.pool.acquire(next, true));
  connection.send(withLength.replace('hello', 'wrong'));
  await next.done;
  assert.deepEqual([next.connection?.reused, next.heard], [true, ['closed_before_answer']]);
  await connection.closed;
});

describe('an answer that is cut', () => {
  async function cutAt(
    started: TestPool,
    text: string,
    cut: (connection: TargetConnection) => void,
  ): Promise<RecordingOwner> {
    const { owner, connection } = await openExchange(started);
    connection.socket.write(text, 'latin1', () => cut(connection));
    await owner.done;
    assert.equal(started.pool.openConnections, 0);
    return owner;
  }

  for (const [framing, text] of Object.entries({ 'with a length': withLength, 'in chunks': inChunks })) {
    test(`${framing} by an end never looks whole, wherever it is cut`, async (context) => {
      const started = await TestPool.start();
      context.after(() => started.close());
      for (let end = 1; end < text.length; end++) {
        const owner = await cutAt(started, text.slice(0, end), ({ socket }) => socket.end());
        assert.equal(owner.failure, 'closed_in_answer', `after ${end} bytes`);
        assert.ok(!owner.heard.includes('end'));
      }
    });
  }

  for (const [framing, text] of Object.entries({
    'with a length': withLength,
    'in chunks': inChunks,
    'up to the close': upToClose,
  })) {
    test(`${framing} by a reset never looks whole, wherever it is cut`, async (context) => {
      const started = await TestPool.start();
      context.after(() => started.close());
      for (let end = 1; end < text.length; end += 3) {
        const owner = await cutAt(started, text.slice(0, end), ({ socket }) => socket.resetAndDestroy());
        // A reset may overtake the bytes before it.
        assert.match(owner.failure ?? 'none', /^closed_(in|before)_answer$/, `after ${end} bytes`);
        assert.ok(!owner.heard.includes('end'));
      }
    });
  }

  test('in the head never looks whole where the body would go on to the close', async (context) => {
    const started = await TestPool.start();
    context.after(() => started.close());
    for (let end = 1; end < upToClose.length - 'hello'.length; end++) {
      const owner = await cutAt(started, upToClose.slice(0, end), ({ socket }) => socket.end());
      assert.equal(owner.failure, 'closed_in_answer', `after ${end} bytes`);
    }
  });

  const cuts: Readonly<Record<string, (connection: TargetConnection) => void>> = {
    end: ({ socket }) => socket.end(),
    reset: ({ socket }) => socket.resetAndDestroy(),
  };
  for (const [how, cut] of Object.entries(cuts)) {
    test(`by an ${how} before its first byte is told apart from one that began`, async (context) => {
      const { owner, connection } = await startExchange(context);
      cut(connection);
      await owner.done;
      assert.deepEqual(owner.heard, ['closed_before_answer']);
    });
  }

  test('before its first byte on a connection that was used before is told apart too', async (context) => {
    const { owner, connection, started } = await startExchange(context);
    connection.send(withLength);
    await owner.done;
    const second = ask(started.pool);
    await connection.requests(2);
    connection.socket.end();
    await second.done;
    assert.deepEqual(second.heard, ['closed_before_answer']);
    assert.equal(second.connection?.reused, true);
  });
});

describe('interim answers', () => {
  const interim = (status: number) => `HTTP/1.1 ${status} x\r\nLink: y\r\n\r\n`;

  test('are told where the client may want them, and the others are consumed', async (context) => {
    const { owner, connection, started } = await startExchange(context);
    connection.send(interim(100) + interim(103) + interim(102) + interim(103) + withLength);
    await owner.done;
    assert.deepEqual(owner.heard, ['interim 103', 'interim 103', 'head 200', 'body', 'end']);
    assert.equal(started.pool.openConnections, 1);
  });

  test('may be 16 and no more', async (context) => {
    const { owner, connection, started } = await startExchange(context);
    connection.send(interim(100).repeat(16) + withLength);
    await owner.done;
    assert.equal(owner.body, 'hello');
    const second = ask(started.pool);
    await connection.requests(2);
    connection.send(interim(100).repeat(17) + withLength);
    await second.done;
    assert.deepEqual(second.heard, ['invalid_answer']);
    await connection.closed;
  });

  test('may not switch protocols, which nobody asked for', async (context) => {
    const { owner, connection } = await startExchange(context);
    connection.send('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n');
    await owner.done;
    assert.deepEqual(owner.heard, ['invalid_answer']);
    await connection.closed;
  });

  test('are no answer where the connection ends after them', async (context) => {
    const { owner, connection } = await startExchange(context);
    connection.socket.end(interim(100));
    await owner.done;
    assert.deepEqual(owner.heard, ['closed_in_answer']);
  });
});

describe('an answer that is not well-formed', () => {
  const malformed: Readonly<Record<string, string>> = {
    'is no HTTP': 'SSH-2.0-x\r\n\r\n',
    'is of HTTP/2': '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80',
    'has a status out of range': 'HTTP/1.1 600 x\r\n\r\n',
    'has two lengths': withLength.replace('\r\n\r\n', '\r\nContent-Length: 6\r\n\r\n'),
    'has a length and chunks': inChunks.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\n'),
    'has a folded line': withLength.replace('\r\n\r\n', '\r\n x\r\n\r\n'),
    'has a head without an end': `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(20_000)}`,
  };
  for (const [why, text] of Object.entries(malformed)) {
    test(`fails where it ${why}`, async (context) => {
      const { owner, connection, started } = await startExchange(context);
      connection.send(text);
      await owner.done;
      assert.deepEqual(owner.heard, ['invalid_answer']);
      assert.equal(started.pool.openConnections, 0);
      await connection.closed;
    });
  }

  test('fails within its body where a chunk is wrong', async (context) => {
    const { owner, connection } = await startExchange(context);
    connection.send(inChunks.replace('2\r\nlo', '2\r\nlo!'));
    await owner.done;
    assert.deepEqual(owner.heard, ['head 200', 'body', 'invalid_answer']);
    await connection.closed;
  });
});
