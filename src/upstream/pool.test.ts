import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { findVacantPort, type TargetConnection } from './fixtures/raw-target.ts';
import { ask, RecordingOwner } from './fixtures/recording-owner.ts';
import { TestPool } from './fixtures/test-pool.ts';
import type { PoolOptions } from './pool.ts';

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

async function startPool(context: TestContext, options: Partial<PoolOptions> = {}): Promise<TestPool> {
  const started = await TestPool.start(options);
  context.after(() => started.close());
  return started;
}

/** Sends `count` requests at once, each on a connection of its own, and answers them in order. */
async function openIdle({ pool, target }: TestPool, count: number, text = answer): Promise<TargetConnection[]> {
  const opened: TargetConnection[] = [];
  const owners = [];
  for (let index = 0; index < count; index++) {
    owners.push(ask(pool));
    const connection = await target.connection(target.connections.length);
    await connection.requests(1);
    opened.push(connection);
  }
  for (const [index, owner] of owners.entries()) {
    opened[index]?.send(text);
    await owner.done;
  }
  return opened;
}

describe('the connections that are kept', () => {
  test('are used again, the newest first', async (context) => {
    const started = await startPool(context);
    const [first, second] = await openIdle(started, 2);
    const again = ask(started.pool);
    assert.equal(again.connection?.reused, true);
    await second?.requests(2);
    const third = ask(started.pool);
    await first?.requests(2);
    second?.send(answer);
    first?.send(answer);
    await Promise.all([again.done, third.done]);
    assert.deepEqual([again.body, third.body], ['ok', 'ok']);
    assert.equal(started.target.connections.length, 2);
  });

  test('are no more than the configured number', async (context) => {
    const started = await startPool(context, { maximumIdle: 1 });
    const [first, second] = await openIdle(started, 2);
    await second?.closed;
    assert.equal(first?.socket.destroyed, false);
    assert.equal(started.pool.openConnections, 1);
  });

  test('are none where that number is zero', async (context) => {
    const started = await startPool(context, { maximumIdle: 0 });
    const [only] = await openIdle(started, 1);
    await only?.closed;
    assert.equal(started.pool.openConnections, 0);
  });

  test('are closed after their idle time and not before', async (context) => {
    const started = await startPool(context, { idleTimeoutMs: 5_000 });
    const [only] = await openIdle(started, 1);
    started.pass(4_999);
    assert.equal(started.pool.openConnections, 1);
    started.pass(60);
    assert.equal(started.pool.openConnections, 0);
    await only?.closed;
  });

  test('have their idle time anew after each request', async (context) => {
    const started = await startPool(context, { idleTimeoutMs: 5_000 });
    const [only] = await openIdle(started, 1);
    for (let round = 2; round < 5; round++) {
      started.pass(4_000);
      const owner = ask(started.pool);
      await only?.requests(round);
      // A request may take longer than a connection may be idle.
      started.pass(9_000);
      only?.send(answer);
      await owner.done;
    }
    assert.equal(started.target.connections.length, 1);
    started.pass(5_060);
    assert.equal(started.pool.openConnections, 0);
  });

  test('are closed a second before the target says that it closes them', async (context) => {
    const started = await startPool(context);
    await openIdle(started, 1, answer.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=5, max=9\r\n\r\n'));
    started.pass(3_999);
    assert.equal(started.pool.openConnections, 1);
    started.pass(60);
    assert.equal(started.pool.openConnections, 0);
  });

  test('are not those that the target keeps for a second only', async (context) => {
    const started = await startPool(context);
    await openIdle(started, 1, answer.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=1\r\n\r\n'));
    assert.equal(started.pool.openConnections, 0);
  });

  const endings: Readonly<Record<string, (connection: TargetConnection) => void>> = {
    'bytes arrive on them': ({ socket }) => socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n'),
    'the target ends them': ({ socket }) => socket.end(),
    'the target resets them': ({ socket }) => socket.resetAndDestroy(),
  };
  for (const [what, act] of Object.entries(endings)) {
    test(`are closed and never used again where ${what}`, async (context) => {
      const started = await startPool(context);
      const [only] = await openIdle(started, 1);
      assert.ok(only);
      const { connection } = ask(started.pool);
      only.send(answer);
      const gone = new Promise((resolve) => connection?.socket.once('close', resolve));
      await only.requests(2);
      act(only);
      await gone;
      assert.equal(started.pool.openConnections, 0);
      const owner = ask(started.pool);
      assert.equal(owner.connection?.reused, false);
      const fresh = await started.target.connection(1);
      await fresh.requests(1);
      fresh.send(answer);
      await owner.done;
      assert.equal(owner.body, 'ok');
    });
  }
});

describe('a request that may not be sent twice', () => {
  test('gets a connection that was used a moment ago', async (context) => {
    const started = await startPool(context);
    await openIdle(started, 1);
    started.nowMs += 1_000;
    assert.equal(ask(started.pool, { repeatable: false }).connection?.reused, true);
  });

  test('gets a new connection where the kept one is older, which stays', async (context) => {
    const started = await startPool(context);
    await openIdle(started, 1);
    started.nowMs += 1_001;
    assert.equal(ask(started.pool, { repeatable: false }).connection?.reused, false);
    assert.equal(started.pool.openConnections, 2);
    assert.equal(ask(started.pool, { repeatable: true }).connection?.reused, true);
  });

  test('takes the place of the oldest where there is no room for another', async (context) => {
    const started = await startPool(context, { maximumConnections: 2 });
    const [first, second] = await openIdle(started, 2);
    started.nowMs += 1_001;
    assert.equal(ask(started.pool, { repeatable: false }).connection?.reused, false);
    await first?.closed;
    assert.equal(started.pool.openConnections, 2);
    assert.equal(second?.socket.destroyed, false);
  });

  test('never gets a kept connection when it asks for a new one', async (context) => {
    const started = await startPool(context);
    await openIdle(started, 1);
    const owner = new RecordingOwner();
    assert.equal(owner.take(started.pool.acquireNew(owner)).connection?.reused, false);
  });
});

describe('beyond the largest number of connections', () => {
  test('requests wait in order, up to a bound', async (context) => {
    const started = await startPool(context, { maximumConnections: 1, maximumWaiting: 2 });
    const owners = [ask(started.pool), ask(started.pool), ask(started.pool), ask(started.pool)];
    assert.deepEqual(
      owners.map(({ heard }) => heard),
      [[], ['queued'], ['queued'], ['busy']],
    );
    const connection = await started.target.connection(0);
    for (const [index, owner] of owners.slice(0, 3).entries()) {
      await connection.requests(index + 1);
      connection.send(answer.replace('ok', `#${index}`));
      await owner.done;
      assert.equal(owner.body, `#${index}`);
    }
    assert.equal(started.target.connections.length, 1);
  });

  test('one that gives up loses its place to the next', async (context) => {
    const started = await startPool(context, { maximumConnections: 1 });
    const [first, second, third] = [ask(started.pool), ask(started.pool), ask(started.pool)];
    started.pool.cancelWait(second);
    const fourth = ask(started.pool);
    assert.deepEqual(fourth.heard, ['queued']);
    const connection = await started.target.connection(0);
    for (const [index, owner] of [first, third, fourth].entries()) {
      await connection.requests(index + 1);
      connection.send(answer);
      await owner.done;
    }
    assert.equal(second.connection, null);
  });

  test('one that waits gets a new connection when another closes', async (context) => {
    const started = await startPool(context, { maximumConnections: 1 });
    const [first, second] = [ask(started.pool), ask(started.pool)];
    const connection = await started.target.connection(0);
    await connection.requests(1);
    connection.socket.resetAndDestroy();
    await first.done;
    assert.equal(first.failure, 'closed_before_answer');
    assert.equal((await second.assigned).reused, false);
    const fresh = await started.target.connection(1);
    await fresh.requests(1);
    fresh.send(answer);
    await second.done;
    assert.equal(second.body, 'ok');
  });

  test('one that waits gets a connection whose owner gave up', async (context) => {
    const started = await startPool(context, { maximumConnections: 1 });
    const [first, second] = [ask(started.pool), ask(started.pool)];
    first.connection?.destroy();
    await second.assigned;
    assert.deepEqual(first.heard, []);
    assert.equal(started.pool.openConnections, 1);
  });
});

describe('a connection that cannot be opened', () => {
  test('is unreachable where nobody listens', async (context) => {
    const started = await TestPool.start({}, await findVacantPort());
    context.after(() => started.close());
    const owner = ask(started.pool);
    await owner.done;
    assert.equal(owner.failure, 'unreachable');
    assert.equal(started.pool.openConnections, 0);
  });

  test('fails with a timeout of its own where it takes too long', async (context) => {
    const started = await startPool(context, { connectTimeoutMs: 2_000 });
    const owner = ask(started.pool);
    started.pass(1_999);
    assert.equal(owner.failure, null);
    started.pass(60);
    assert.equal(owner.failure, 'connect_timeout');
    assert.equal(started.pool.openConnections, 0);
  });

  test('has no deadline any more once it is open', async (context) => {
    const started = await startPool(context, { connectTimeoutMs: 2_000 });
    const owner = ask(started.pool);
    const connection = await started.target.connection(0);
    await connection.requests(1);
    started.pass(100_000);
    connection.send(answer);
    await owner.done;
    assert.deepEqual(owner.heard, ['head 200', 'body', 'end']);
  });
});

describe('a pool that closes', () => {
  test('closes what is idle at once, and what is busy after its answer', async (context) => {
    const started = await startPool(context);
    const [first] = await openIdle(started, 1);
    const busy = ask(started.pool);
    const second = ask(started.pool);
    const connection = await started.target.connection(1);
    await connection.requests(1);
    connection.send(answer);
    await second.done;
    started.pool.close();
    await connection.closed;
    assert.equal(started.pool.openConnections, 1);
    await first?.requests(2);
    first?.send(answer);
    await busy.done;
    assert.equal(busy.body, 'ok');
    await first?.closed;
    assert.equal(started.pool.openConnections, 0);
  });

  test('still serves requests that wait, on a kept connection and on a new one', async (context) => {
    const started = await startPool(context, { maximumConnections: 1 });
    const [first, second, third] = [ask(started.pool), ask(started.pool), ask(started.pool)];
    started.pool.close();
    const connection = await started.target.connection(0);
    await connection.requests(1);
    connection.send(answer);
    await Promise.all([first.done, connection.requests(2)]);
    connection.send(answer.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    await second.done;
    const fresh = await started.target.connection(1);
    await fresh.requests(1);
    fresh.send(answer);
    await third.done;
    assert.deepEqual([first.body, second.body, third.body], ['ok', 'ok', 'ok']);
    assert.equal(started.pool.openConnections, 0);
  });
});
