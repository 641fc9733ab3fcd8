/** Attacks that take more than one message, or that depend on who speaks first. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { documentFor, startGateway, type RunningGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, requestText } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget, type RawTarget, type TargetScript } from '../support/raw-target.ts';

const inner = 'GET /inner HTTP/1.1\r\nHost: a\r\n\r\n';
const smuggled = okText('smuggled');

interface Stage {
  readonly target: RawTarget;
  readonly gateway: RunningGateway;
  readonly client: RawClient;
}

/** A gateway with routes below `/yes` alone, before a target that does what the script says, and a client. */
async function setUp(t: TestContext, script?: TargetScript): Promise<Stage> {
  const target = await startRawTarget(t, script);
  const routes = [{ name: 'yes', match: { path: '/yes/*' }, upstream: 'backends' }];
  const gateway = await startGateway(t, { ...documentFor([target.url]), routes });
  return { target, gateway, client: await RawClient.connect(t, gateway.port) };
}

/** A target that answers with what it was asked for, and notes it. */
function echo(asked: string[]): TargetScript {
  return async (connection) => {
    for (;;) {
      const { method, target } = await connection.request();
      asked.push(`${method} ${target}`);
      await connection.write(okText(target));
    }
  };
}

const post = (target: string, length: number) => requestText('POST', target, { 'Content-Length': String(length) });
const chunkedPost = (target: string) => requestText('POST', target, { 'Transfer-Encoding': 'chunked' });

describe('the body of a request that is answered without it', () => {
  const framings = {
    'with a length': post('/no', inner.length) + inner,
    'in chunks': `${chunkedPost('/no')}${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
  };
  for (const [how, refused] of Object.entries(framings)) {
    test(`${how} is not read as a request, and the one behind it is`, async (t) => {
      const asked: string[] = [];
      const { client } = await setUp(t, echo(asked));
      void client.write(refused + requestText('GET', '/yes/next'));
      assertProblem(await client.response('POST'), 'route_not_found');
      assert.equal((await client.response()).text, '/yes/next');
      assert.deepEqual(asked, ['GET /yes/next']);
    });
  }

  test('is not read at all where the client was to wait for a 100 that never came', async (t) => {
    const asked: string[] = [];
    const { client } = await setUp(t, echo(asked));
    const length = String(inner.length);
    void client.write(requestText('POST', '/no', { 'Content-Length': length, Expect: '100-continue' }));
    const response = await client.response('POST');
    assertProblem(response, 'route_not_found');
    assert.equal(response.field('connection'), 'close');
    void client.write(inner.replace('/inner', '/yes/inner'));
    assert.equal(await client.ended(), 'closed');
    assert.deepEqual(asked, []);
  });

  test('is left where its target answers early: neither connection carries another message', async (t) => {
    const { client, target, gateway } = await setUp(t);
    const body = inner.replace('/inner', '/yes/inner');
    void client.write(post('/yes/early', 2 * body.length) + body);
    const backend = await target.connection(0);
    await backend.until('the first half', () => (backend.received.includes('/yes/inner') ? true : null));
    await backend.write(okText('early'));
    const response = await client.response('POST');
    assert.deepEqual([response.text, response.field('connection')], ['early', 'close']);
    void client.write(body + requestText('GET', '/yes/behind'));
    assert.equal(await client.ended(), 'closed');
    await backend.ended();
    assert.equal(backend.received.indexOf('/yes/behind'), -1);
    const other = await RawClient.connect(t, gateway.port);
    void other.write(requestText('GET', '/yes/other'));
    const fresh = await target.connection(1);
    assert.equal((await fresh.request()).target, '/yes/other');
    await fresh.write(okText('other'));
    assert.equal((await other.response()).text, 'other');
  });

  test('ends the connection where it goes wrong after the answer has begun', async (t) => {
    const { client, target } = await setUp(t);
    void client.write(`${chunkedPost('/yes/both')}3\r\nabc\r\n`);
    const backend = await target.connection(0);
    await backend.requestHead();
    await backend.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.until('the answer', () => (client.received.includes('abc') ? true : null));
    void client.write(`0x1\r\na\r\n0\r\n\r\n${inner}`);
    assert.equal(await client.ended(), 'reset');
    await backend.ended();
    assert.doesNotMatch(backend.received.toString(), /\r\n0\r\n/);
  });

  test('is whole to nobody where the client leaves in the middle of it', async (t) => {
    const { client, target, gateway } = await setUp(t);
    for (const [number, text] of [`${post('/yes/1', 10)}12345`, `${chunkedPost('/yes/2')}5\r\n12345\r\n`].entries()) {
      const leaving = number === 0 ? client : await RawClient.connect(t, gateway.port);
      void leaving.write(text);
      const backend = await target.connection(number);
      await backend.until('the body', () => (backend.received.includes('12345') ? true : null));
      leaving.end();
      await backend.ended();
      assert.doesNotMatch(backend.received.toString(), /\r\n0\r\n/);
    }
  });
});

describe('a connection to a target', () => {
  const unasked: Readonly<Record<string, string>> = {
    'a whole answer': smuggled,
    'half a status line': 'HTTP/1.',
    'an interim answer': 'HTTP/1.1 100 Continue\r\n\r\n',
    'a farewell': 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    garbage: '\0\xff',
    'an empty line': '\r\n',
  };
  for (const [what, bytes] of Object.entries(unasked)) {
    test(`on which ${what} comes unasked is closed, and the next request has another one`, async (t) => {
      const { client, target } = await setUp(t, answerAlways(okText('right')));
      assert.equal((await client.ask(requestText('GET', '/yes/1'))).text, 'right');
      const idle = await target.connection(0);
      void idle.write(bytes);
      await idle.ended();
      assert.equal((await client.ask(requestText('GET', '/yes/2'))).text, 'right');
      assert.equal(target.connections.length, 2);
    });
  }

  for (const [what, method, head] of [
    ['a HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n'],
    ['a 304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 64\r\n\r\n'],
    ['a 204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ] as const) {
    test(`on which a body follows ${what}, late, is closed before it serves anybody else`, async (t) => {
      const { client, target } = await setUp(t, async (connection, number) => {
        await connection.request();
        await connection.write(number === 0 ? head : okText('right'));
      });
      assert.equal((await client.ask(requestText(method, '/yes/1'), method)).text, '');
      const idle = await target.connection(0);
      void idle.write(smuggled);
      await idle.ended();
      assert.equal((await client.ask(requestText('GET', '/yes/2'))).text, 'right');
    });
  }

  test('that switches protocols after an offer that was passed over is closed, the answer 502', async (t) => {
    const { client, target } = await setUp(t, async (connection) => {
      await connection.request();
      await connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\0\0\0');
    });
    const offer = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' };
    assertProblem(await client.ask(requestText('GET', '/yes/1', offer)), 'upstream_invalid_response');
    await (await target.connection(0)).ended();
  });
});

describe('a request behind another', () => {
  test('reaches no target where the answer before it is cut', async (t) => {
    const { client, target } = await setUp(t);
    void client.write(requestText('GET', '/yes/1') + requestText('GET', '/yes/2'));
    const backend = await target.connection(0);
    await backend.request();
    await backend.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345');
    await client.until('the first part', () => (client.received.includes('12345') ? true : null));
    backend.end();
    assert.equal(await client.ended(), 'reset');
    assert.equal(backend.received.length, 0);
    assert.equal(target.connections.length, 1);
  });

  test('waits until the answer before it is whole, and gets its own', async (t) => {
    const { client, target } = await setUp(t);
    void client.write(requestText('GET', '/yes/1') + requestText('GET', '/yes/2'));
    const backend = await target.connection(0);
    await backend.request();
    // The first request has two answers; the second one is not the second request's.
    await backend.write(okText('first') + smuggled);
    assert.equal((await client.response()).text, 'first');
    await backend.ended();
    const fresh = await target.connection(1);
    assert.equal((await fresh.request()).target, '/yes/2');
    await fresh.write(okText('second'));
    assert.equal((await client.response()).text, 'second');
  });

  test('is read as HTTP where an upgrade before it was refused', async (t) => {
    const asked: string[] = [];
    const { client } = await setUp(t, echo(asked));
    const upgrade = requestText('GET', '/yes/socket', { Connection: 'Upgrade', Upgrade: 'websocket' });
    void client.write(`${upgrade}${requestText('GET', '/yes/next')}\x81\x05hello`);
    assertProblem(await client.response(), 'upgrade_not_supported');
    assert.equal((await client.response()).text, '/yes/next');
    assertProblem(await client.response(), 'malformed_request');
    assert.equal(await client.ended(), 'closed');
    assert.deepEqual(asked, ['GET /yes/next']);
  });
});

test('a target that answers before it is asked answers nobody', async (t) => {
  const { client, target } = await setUp(t, async (connection) => {
    await connection.request();
    await connection.write(okText('right'));
    await connection.write(smuggled);
  });
  // Whether the second answer comes with the first or later, the next request does not get it.
  for (let count = 0; count < 20; count++) {
    const response = await client.ask(requestText('GET', '/yes/1'));
    assert.equal(response.text, 'right');
    await (await target.connection(target.connections.length - 1)).ended();
  }
  assert.equal(target.connections.length, 20);
});
