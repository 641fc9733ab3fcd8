import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { startFullPort } from '../support/full-port.ts';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { plainGet, RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget, type TargetScript } from '../support/raw-target.ts';
import { startRefusedPort } from '../support/refused-port.ts';

/** Answers the first request of each connection; ends the first connection, in its way, when it is asked once more. */
function endSecond(end: 'closes' | 'resets'): TargetScript {
  return async (connection, number) => {
    await connection.request();
    await connection.write(okText(`first of ${number}`));
    await connection.request();
    if (number > 0) return await connection.write(okText(`second of ${number}`));
    if (end === 'closes') connection.end();
    else connection.reset();
  };
}

describe('a kept connection that turns out closed', () => {
  for (const end of ['closes', 'resets'] as const) {
    test(`(the target ${end} it) is replaced by a fresh one for a request that may be repeated, once`, async (t) => {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE']) {
        const target = await startRawTarget(t, endSecond(end));
        const { port } = await startGateway(t, documentFor([target.url]));
        const client = await RawClient.connect(t, port);
        assert.equal((await client.ask(plainGet)).text, 'first of 0');
        const response = await client.ask(requestText(method, '/'), method);
        assert.deepEqual([response.status, response.text], [200, method === 'HEAD' ? '' : 'first of 1']);
        assert.equal(target.connections.length, 2);
      }
    });

    test(`(the target ${end} it) is the end of a request that may have had an effect`, async (t) => {
      const target = await startRawTarget(t, endSecond(end));
      const { port } = await startGateway(t, documentFor([target.url]));
      const client = await RawClient.connect(t, port);
      assert.equal((await client.ask(plainGet)).text, 'first of 0');
      assertProblem(await client.ask(requestText('POST', '/'), 'POST'), 'upstream_reset');
      assert.equal(target.connections.length, 1);
      assert.equal((await client.ask(requestText('POST', '/'), 'POST')).text, 'first of 1');
    });
  }

  test('is replaced once only', async (t) => {
    const target = await startRawTarget(t, async (connection, number) => {
      await connection.request();
      if (number > 0) return connection.reset();
      await connection.write(okText('first'));
      await connection.request();
      connection.reset();
    });
    const { port } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    assert.equal((await client.ask(plainGet)).text, 'first');
    assertProblem(await client.ask(plainGet), 'upstream_reset');
    assert.equal(target.connections.length, 2);
  });

  test('while it is idle is forgotten, and so is one with bytes that nobody asked for', async (t) => {
    const target = await startRawTarget(t, answerAlways(okText('fine')));
    const { port, metrics } = await startGateway(t, documentFor([target.url]));
    const client = await RawClient.connect(t, port);
    for (const [number, spoil] of [
      (socket: Socket) => socket.end(),
      (socket: Socket) => socket.write(okText('smuggled')),
      (socket: Socket) => socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'),
    ].entries()) {
      assert.equal((await client.ask(requestText('POST', '/'), 'POST')).text, 'fine');
      const connection = await target.connection(number);
      spoil(connection.socket);
      await connection.ended();
    }
    assert.equal((await client.ask(requestText('POST', '/'), 'POST')).text, 'fine');
    assert.equal(target.connections.length, 4);
    assert.equal((await metrics()).sum('gateway_backend_errors_total'), 0);
  });
});

describe('a target that cannot be reached', () => {
  test('is passed over for the next one within the same request, body and all', async (t) => {
    const gone = await startRefusedPort(t);
    const target = await startRawTarget(t, async (connection) => {
      for (;;) await connection.write(okText((await connection.request()).body.toString()));
    });
    const { port, metrics } = await startGateway(t, documentFor([gone, target.url]));
    const client = await RawClient.connect(t, port);
    for (let count = 0; count < 6; count++) {
      const response = await client.ask(`${requestText('POST', '/', { 'Content-Length': '5' })}hello`, 'POST');
      assert.equal(response.text, 'hello');
      assert.equal(response.field('x-backend'), `127.0.0.1:${target.port}`);
    }
    const page = await metrics();
    assert.ok(page.sum('gateway_backend_errors_total') >= 3);
    assert.equal(page.sum('gateway_backend_requests_total') - page.sum('gateway_backend_errors_total'), 6);
  });

  test('is 502 when there is no other, or none of them can be reached', async (t) => {
    const gone = await Promise.all([startRefusedPort(t), startRefusedPort(t), startRefusedPort(t)]);
    const { port } = await startGateway(t, documentFor(gone));
    const client = await RawClient.connect(t, port);
    assertProblem(await client.ask(plainGet), 'upstream_unreachable');
    assertProblem(
      await client.ask(`${requestText('POST', '/', { 'Content-Length': '5' })}hello`, 'POST'),
      'upstream_unreachable',
    );
  });

  test('because its name is unknown is 502 as well', async (t) => {
    const { port } = await startGateway(t, documentFor(['http://no-such-host.invalid:80']));
    assertProblem(await rawRequest(t, port, plainGet), 'upstream_unreachable');
  });

  test('in time is 504', async (t) => {
    const full = await startFullPort(t);
    const { port } = await startGateway(t, documentFor([full], { timeouts: { connect: '200ms' } }));
    assertProblem(await rawRequest(t, port, plainGet), 'upstream_connect_timeout');
  });
});

describe('health checks', () => {
  test('take an unhealthy target out, and with none healthy the answer is 503', async (t) => {
    let isHealthy = true;
    const script: TargetScript = async (connection) => {
      for (;;) {
        const { target } = await connection.request();
        const down = target === '/health' && !isHealthy;
        await connection.write(down ? 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n' : okText('fine'));
      }
    };
    const target = await startRawTarget(t, script);
    const { port, metricsWhere } = await startGateway(t, documentFor([target.url], { health: { interval: '30ms' } }));
    const client = await RawClient.connect(t, port);
    assert.equal((await client.ask(plainGet)).status, 200);
    isHealthy = false;
    await metricsWhere((page) => page.sum('gateway_target_healthy') === 0);
    assertProblem(await client.ask(plainGet), 'no_healthy_target');
    isHealthy = true;
    await metricsWhere((page) => page.sum('gateway_target_healthy') === 1);
    assert.equal((await client.ask(plainGet)).status, 200);
  });
});
