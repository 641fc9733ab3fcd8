import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { answerAlways, okText, startRawTarget } from '../support/raw-target.ts';
import { startRecordingTarget, type Answer } from '../support/recording-target.ts';
import { startRefusedPort } from '../support/refused-port.ts';

const quick = { initial_delay: '1ms', max_delay: '5ms' };

/** Answers so often with a status, then with 200. */
function failing(times: number, status: number): Answer {
  let left = times;
  return (response) => {
    response.statusCode = left-- > 0 ? status : 200;
    response.end(`answer ${response.statusCode}`);
  };
}

describe('a request that fails', () => {
  test('with 502, 503 or 504 is sent again, and the answer says how often', async (t) => {
    for (const status of [502, 503, 504]) {
      const target = await startRecordingTarget(t, failing(2, status));
      const { port } = await startGateway(t, documentFor([target.url], { retry: quick }));
      const response = await rawRequest(t, port, requestText('GET', '/a?b'));
      assert.deepEqual([response.status, response.text], [200, 'answer 200']);
      assert.equal(response.field('x-retry-count'), '2');
      assert.deepEqual(
        target.requests.map((request) => request.url),
        ['/a?b', '/a?b', '/a?b'],
      );
    }
  });

  test('with another status, or too often, is answered as the target answered it', async (t) => {
    for (const [times, status, tries] of [
      [1, 500, 1],
      [1, 404, 1],
      [9, 503, 4],
    ] as const) {
      const target = await startRecordingTarget(t, failing(times, status));
      const { port } = await startGateway(t, documentFor([target.url], { retry: quick }));
      const response = await rawRequest(t, port, requestText('GET', '/'));
      assert.deepEqual([response.status, response.text], [status, `answer ${status}`]);
      assert.equal(target.requests.length, tries);
      assert.equal(response.field('x-retry-count'), tries === 1 ? undefined : String(tries - 1));
    }
  });

  test('goes to another target where there is one', async (t) => {
    const bad = await startRecordingTarget(t, failing(99, 503));
    const good = await startRecordingTarget(t);
    const { port } = await startGateway(t, documentFor([bad.url, good.url], { retry: quick }));
    for (let asked = 0; asked < 4; asked++) {
      assert.equal((await rawRequest(t, port, requestText('GET', '/'))).status, 200);
    }
    assert.equal(good.requests.length, 4);
  });

  test('comes back to a target that it reached rather than to one that cannot be reached', async (t) => {
    const unreachable = await startRefusedPort(t);
    for (let first = 0; first < 2; first++) {
      const target = await startRecordingTarget(t, failing(1, 503));
      const targets = first === 0 ? [target.url, unreachable] : [unreachable, target.url];
      const { port } = await startGateway(t, documentFor(targets, { retry: { ...quick, attempts: 1 } }));
      const response = await rawRequest(t, port, requestText('GET', '/'));
      assert.equal(response.status, 200);
      assert.equal(response.field('x-retry-count'), '1');
      assert.equal(target.requests.length, 2);
    }
  });

  test('brings its body again where it is kept, and is not sent again where it is not', async (t) => {
    const body = 'x'.repeat(30_000);
    const put = requestText('PUT', '/', { 'Content-Length': String(body.length) }) + body;
    for (const [limit, tries] of [
      ['64KiB', 2],
      ['8KiB', 1],
    ] as const) {
      const target = await startRecordingTarget(t, failing(1, 503));
      const { port } = await startGateway(t, documentFor([target.url], { retry: { ...quick, body_limit: limit } }));
      const response = await rawRequest(t, port, put);
      assert.equal(response.status, tries === 2 ? 200 : 503);
      assert.equal(target.requests.length, tries);
      assert.ok(target.requests.every((request) => request.body.toString() === body));
    }
  });

  test('is never sent twice where its method is not safe to repeat, but for what never left', async (t) => {
    const target = await startRecordingTarget(t, failing(1, 503));
    const unreachable = await startRefusedPort(t);
    const { port } = await startGateway(t, documentFor([unreachable, target.url], { retry: quick }));
    const post = `${requestText('POST', '/', { 'Content-Length': '5' })}hello`;
    assert.equal((await rawRequest(t, port, post)).status, 503);
    assert.equal(target.requests.length, 1);
    assert.equal((await rawRequest(t, port, post)).status, 200);
    assert.deepEqual(
      target.requests.map((request) => request.body.toString()),
      ['hello', 'hello'],
    );
  });

  test('waits as long as the target asks for, up to the longest delay', async (t) => {
    let left = 1;
    const target = await startRecordingTarget(t, (response) => {
      response.statusCode = left-- > 0 ? 503 : 200;
      response.setHeader('Retry-After', '60').end();
    });
    const retry = { initial_delay: '1ms', max_delay: '300ms' };
    const { port } = await startGateway(t, documentFor([target.url], { retry }));
    const startedAt = performance.now();
    assert.equal((await rawRequest(t, port, requestText('GET', '/'))).status, 200);
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs >= 295, `${tookMs} ms`);
  });

  test('is given up when the next try would come too late', async (t) => {
    const target = await startRecordingTarget(t, failing(9, 503));
    const retry = { initial_delay: '10s', max_delay: '10s', deadline: '5s' };
    const { port } = await startGateway(t, documentFor([target.url], { retry }));
    assert.equal((await rawRequest(t, port, requestText('GET', '/'))).status, 503);
    assert.equal(target.requests.length, 1);
  });

  test('hits a failing upstream with a bounded number of retries', async (t) => {
    const target = await startRecordingTarget(t, failing(10_000, 503));
    const { port } = await startGateway(t, documentFor([target.url], { retry: quick }));
    const client = await RawClient.connect(t, port);
    for (let asked = 0; asked < 100; asked++) {
      assert.equal((await client.ask(requestText('GET', '/'), 'GET')).status, 503);
    }
    // Three a second over ten seconds, or a fifth of the requests: 30, not 300.
    assert.ok(target.requests.length <= 132, `${target.requests.length} requests for 100`);
  });
});

describe('a circuit breaker', () => {
  test('opens after failures in a row, refuses at once, and closes after successes', async (t) => {
    let failingNow = true;
    const target = await startRecordingTarget(t, (response) => {
      response.statusCode = failingNow ? 500 : 200;
      response.end();
    });
    const breaker = { max_failures: 3, reset_timeout: '400ms', half_open_requests: 1, success_threshold: 2 };
    const { port } = await startGateway(t, { ...documentFor([target.url], { breaker }), workers: 2 });
    const statusOf = async () => (await rawRequest(t, port, requestText('GET', '/'))).status;
    assert.deepEqual([await statusOf(), await statusOf(), await statusOf()], [500, 500, 500]);
    const refused = await rawRequest(t, port, requestText('GET', '/'));
    assertProblem(refused, 'circuit_open');
    assert.equal(refused.field('retry-after'), '1');
    assert.equal(target.requests.length, 3);
    failingNow = false;
    for (const end = performance.now() + 5_000; (await statusOf()) === 503;) {
      assert.ok(performance.now() < end, 'it stays open');
    }
    assert.deepEqual([await statusOf(), await statusOf(), await statusOf()], [200, 200, 200]);
  });

  test('gives the slot of a client that went away to the next one', async (t) => {
    let hold = false;
    const target = await startRecordingTarget(t, (response) => {
      if (hold) return;
      response.statusCode = 500;
      response.end();
    });
    const breaker = { max_failures: 1, reset_timeout: '100ms', half_open_requests: 1, success_threshold: 1 };
    const { port, metricsWhere } = await startGateway(t, documentFor([target.url], { breaker }));
    await rawRequest(t, port, requestText('GET', '/'));
    hold = true;
    for (let round = 0; round < 3; round++) {
      const before = target.requests.length;
      for (const end = performance.now() + 5_000; target.requests.length === before;) {
        assert.ok(performance.now() < end, `round ${round}: no slot is free`);
        const client = await RawClient.connect(t, port);
        client.socket.write(requestText('GET', '/'));
        await new Promise((resolve) => setTimeout(resolve, 30));
        client.socket.destroy();
      }
      await metricsWhere((page) => page.sum('gateway_requests_in_flight') === 0);
    }
  });
});

describe('an answer of which nothing has left yet', () => {
  test('is taken back when its body turns out to be malformed: 502, and not a piece of it', async (t) => {
    for (const body of ['zz\r\n', '3\r\nabcd\r\n', '-1\r\n']) {
      const head = 'HTTP/1.1 200 OK\r\nX-Of-The-Target: yes\r\nTransfer-Encoding: chunked\r\n\r\n';
      const target = await startRawTarget(t, answerAlways(head + body));
      const { port } = await startGateway(t, documentFor([target.url]));
      const client = await RawClient.connect(t, port);
      const response = await client.ask(requestText('GET', '/'), 'GET');
      assertProblem(response, 'upstream_invalid_response');
      assert.equal(response.field('x-of-the-target'), undefined);
    }
  });

  test('tells of retries in the words of the gateway alone', async (t) => {
    const target = await startRawTarget(t, answerAlways(okText('fine', 'X-Retry-Count: 5\r\nX-Backend: me\r\n')));
    const { port } = await startGateway(t, documentFor([target.url]));
    const response = await rawRequest(t, port, requestText('GET', '/'));
    assert.equal(response.field('x-retry-count'), undefined);
    assert.match(response.field('x-backend') ?? '', /^127\.0\.0\.1:\d+$/);
  });
});
