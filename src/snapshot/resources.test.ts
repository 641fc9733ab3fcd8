import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { headOf } from '../core/routed-request.fixture.ts';
import { defaultHeadLimits } from '../http1/limits.ts';
import { ask } from '../upstream/fixtures/recording-owner.ts';
import { RawTarget } from '../upstream/fixtures/raw-target.ts';
import type { PoolOptions } from '../upstream/pool.ts';
import { compileSnapshot } from './compile.ts';
import { createCompileContext, createProgram } from './fixtures/test-program.ts';

const options: PoolOptions = {
  maximumConnections: 10,
  maximumIdle: 10,
  idleTimeoutMs: 60_000,
  maximumWaiting: 10,
  connectTimeoutMs: 2_000,
  responseLimits: defaultHeadLimits,
};
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

async function startTarget(context: TestContext): Promise<RawTarget> {
  const target = await RawTarget.start();
  context.after(() => target.close());
  return target;
}

describe('a pool', () => {
  test('is found again by its key, with its connections and with new options', async (context) => {
    const { resources } = createCompileContext(context);
    const target = await startTarget(context);
    const address = { host: '127.0.0.1', port: target.port };
    const pool = resources.pool('a', address, options);
    const owner = ask(pool);
    const connection = await target.connection(0);
    await connection.requests(1);
    connection.send(answer);
    await owner.done;
    resources.commit();
    const renewed = { ...options, maximumIdle: 1 };
    assert.equal(resources.pool('a', address, renewed), pool);
    assert.equal(pool.options, options);
    resources.commit();
    assert.equal(pool.options, renewed);
    assert.equal(pool.openConnections, 1);
    resources.commit();
    assert.equal(pool.openConnections, 0);
    await connection.closed;
  });

  test('is another one for another key, and after its key was out of use', (context) => {
    const { resources } = createCompileContext(context);
    const address = { host: '127.0.0.1', port: 1 };
    const pool = resources.pool('a', address, options);
    resources.commit();
    assert.notEqual(resources.pool('b', address, options), pool);
    resources.commit();
    assert.notEqual(resources.pool('a', address, options), pool);
  });

  test('stays as it is when the snapshot that asked for it with other options is abandoned', (context) => {
    const { resources } = createCompileContext(context);
    const address = { host: '127.0.0.1', port: 1 };
    const pool = resources.pool('a', address, options);
    resources.commit();
    resources.pool('a', address, { ...options, maximumIdle: 1 });
    const added = resources.pool('b', address, options);
    resources.abandon();
    assert.equal(resources.pool('a', address, options), pool);
    assert.equal(pool.options, options);
    assert.notEqual(resources.pool('b', address, options), added);
  });

  test('finds a target by its name', async (context) => {
    const { resources } = createCompileContext(context);
    const target = await startTarget(context);
    const pool = resources.pool('a', { host: 'localhost', port: target.port }, options);
    const owner = ask(pool);
    const connection = await target.connection(0);
    await connection.requests(1);
    connection.send(answer);
    await owner.done;
    assert.equal(owner.body, 'ok');
    resources.closeAll();
  });

  test('fails for a socket file that there is not', async (context) => {
    const { resources } = createCompileContext(context);
    const owner = ask(resources.pool('a', { socketPath: '/nowhere/at-all.sock' }, options));
    await owner.done;
    assert.equal(owner.failure, 'unreachable');
  });
});

describe('when one configuration follows another', () => {
  const listeners = [{ address: '127.0.0.1:0' }];
  const documentOf = (targets: readonly string[], extra: object = {}) => ({
    listeners,
    upstreams: { u: { targets, ...extra } },
    routes: [{ name: 'all', upstream: 'u' }],
  });

  test('targets that stay keep their pools, and those that go have theirs closed', (context) => {
    const ctx = createCompileContext(context);
    const poolsOf = (document: object) => {
      const route = compileSnapshot(createProgram(document), ctx).router.match(headOf({}), '/');
      ctx.resources.commit();
      return route?.destination.upstream?.targets.map(({ pool }) => pool) ?? [];
    };
    const [first, second] = poolsOf(documentOf(['http://127.0.0.1:1', 'http://127.0.0.1:2']));
    const [kept, added] = poolsOf(documentOf(['http://127.0.0.1:2', 'http://127.0.0.1:3'], { pool: { max_idle: 3 } }));
    assert.equal(kept, second);
    assert.equal(kept?.options.maximumIdle, 3);
    assert.notEqual(added, first);
    const [again] = poolsOf(documentOf(['http://127.0.0.1:1']));
    assert.notEqual(again, first);
  });

  test('the same target in two upstreams has two pools', (context) => {
    const ctx = createCompileContext(context);
    const targets = ['http://127.0.0.1:1'];
    const routes = [
      { name: 'a', match: { path: '/a' }, upstream: 'a' },
      { name: 'b', match: { path: '/b' }, upstream: 'b' },
    ];
    const program = createProgram({ listeners, upstreams: { a: { targets }, b: { targets } }, routes });
    const { router } = compileSnapshot(program, ctx);
    const poolOf = (path: string) => router.match(headOf({ path }), path)?.destination.upstream?.targets[0]?.pool;
    assert.notEqual(poolOf('/a'), poolOf('/b'));
  });
});
