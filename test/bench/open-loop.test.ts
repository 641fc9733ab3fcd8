import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { AnswerReader } from '../../bench/open-loop/answer-reader.ts';
import { LatencyRecorder } from '../../bench/open-loop/latency-recorder.ts';
import { LoadClient } from '../../bench/open-loop/load-client.ts';
import { Schedule } from '../../bench/open-loop/schedule.ts';

describe('LatencyRecorder', () => {
  test('percentiles are latencies that there were', () => {
    const recorder = new LatencyRecorder(1_000);
    for (let value = 1_000; value > 0; value -= 1) recorder.record(value);
    assert.deepEqual(recorder.summarise(), { count: 1_000, p50Ms: 500, p99Ms: 990, p999Ms: 999, mostMs: 1_000 });
  });

  test('room that is not used does not count', () => {
    const recorder = new LatencyRecorder(1_000);
    recorder.record(3);
    assert.equal(recorder.summarise().p50Ms, 3);
    assert.equal(recorder.summarise().count, 1);
  });

  test('one more than there is room for is an error, and not lost in silence', () => {
    const recorder = new LatencyRecorder(1);
    recorder.record(1);
    assert.throws(() => recorder.record(2), RangeError);
  });
});

describe('Schedule', () => {
  test('each request has its time, however late somebody asks for it', () => {
    const schedule = new Schedule({ ratePerSecond: 1_000, beginMs: 100, total: 4 });
    assert.ok(Number.isNaN(schedule.take(99)));
    assert.equal(schedule.take(100), 100);
    assert.ok(Number.isNaN(schedule.take(100.5)));
    assert.deepEqual([schedule.take(200), schedule.take(200), schedule.take(200)], [101, 102, 103]);
    assert.ok(Number.isNaN(schedule.take(200)));
  });
});

describe('AnswerReader', () => {
  const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody');

  test('an answer ends with its last byte, however it is cut', () => {
    for (let cut = 1; cut < answer.length; cut += 1) {
      const reader = new AnswerReader(4);
      assert.equal(reader.feed(answer.subarray(0, cut), cut), false, `cut at ${cut}`);
      assert.equal(reader.feed(answer.subarray(cut), answer.length - cut), true, `cut at ${cut}`);
    }
  });

  test('the next answer is read like the first', () => {
    const reader = new AnswerReader(4);
    assert.equal(reader.feed(answer, answer.length), true);
    assert.equal(reader.feed(answer, answer.length), true);
  });

  test('an answer other than a 200 is an error', () => {
    const refusal = Buffer.from('HTTP/1.1 429 Too Many Requests\r\n\r\nbody');
    assert.throws(() => new AnswerReader(4).feed(refusal, refusal.length), /not a 200: HTTP\/1\.1 429/);
  });

  test('an answer that is longer than it should be is an error', () => {
    assert.throws(() => new AnswerReader(3).feed(answer, answer.length), /longer/);
  });
});

describe('LoadClient', () => {
  test('a request that is held up makes those behind it late, and their waiting counts', async (t) => {
    const heldMs = 400;
    const port = await serve(t, heldMs);
    const result = await LoadClient.run({
      port,
      request: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      bodyBytes: 2,
      ratePerSecond: 100,
      seconds: 1,
      connections: 1,
    });
    assert.equal(result.count, 100);
    assert.ok(result.mostMs >= heldMs - 1, `${result.mostMs} ms`);
    // About 40 requests were due while one of them was held; a client that waits for answers would have one late.
    assert.ok(result.mostWaiting >= 30, `${result.mostWaiting} waited`);
    assert.ok(result.p99Ms > heldMs / 2, `p99 ${result.p99Ms} ms`);
  });

  test('an answer with another status ends the run', async (t) => {
    const port = await serve(t, 0, 503);
    const run = LoadClient.run({
      port,
      request: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      bodyBytes: 2,
      ratePerSecond: 100,
      seconds: 1,
      connections: 2,
    });
    await assert.rejects(run, /not a 200/);
  });
});

/** Holds the first request for so long; resolves to the port. */
async function serve(t: TestContext, heldMs: number, status = 200): Promise<number> {
  let isFirst = true;
  const server = createServer((_, response) => {
    const answer = () => response.writeHead(status, { 'Content-Length': 2 }).end('ok');
    if (isFirst && heldMs > 0) setTimeout(answer, heldMs);
    else answer();
    isFirst = false;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
