import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { RedisServer, withoutRedis } from '../stores/redis-server.ts';
import { assertSameCensus, takeCensus } from '../support/census.ts';
import { documentFor } from '../support/gateway.ts';
import { startProbedGateway, type ProbedGateway } from '../support/probed-gateway.ts';
import { requestText } from '../support/raw-client.ts';
import { startRawTarget } from '../support/raw-target.ts';
import { waitUntil } from '../support/wait.ts';
import { startCountingTarget } from './counting-target.ts';
import { askOnce, assertHonest, assertRoomFor, tally, type Outcome } from './outcome.ts';

/** Clients that ask one request after the other, each on a new connection, until they are told to stop. */
class Load {
  readonly outcomes: { readonly outcome: Outcome; readonly path: string; readonly tookMs: number }[] = [];
  private readonly clients: Promise<void>[];
  private stopped = false;

  constructor(t: TestContext, gateway: ProbedGateway, clients = 4) {
    t.after(() => (this.stopped = true));
    this.clients = Array.from({ length: clients }, (_, client) => this.run(t, gateway, client));
  }

  private async run(t: TestContext, { port }: ProbedGateway, client: number): Promise<void> {
    for (let number = 0; !this.stopped; number += 1) {
      const asked = { path: `/length/${client}-${number}`, method: 'POST' };
      const bytes = `${requestText('POST', asked.path, { 'Content-Length': '4' })}body`;
      const startedMs = performance.now();
      const outcome = await askOnce(t, port, { ...asked, bytes });
      this.outcomes.push({ outcome, path: asked.path, tookMs: performance.now() - startedMs });
      await delay(2);
    }
  }

  /** Resolves when so many more have been answered. */
  async more(count: number): Promise<void> {
    const end = this.outcomes.length + count;
    await waitUntil(`${count} more requests are answered`, () => this.outcomes.length >= end);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients);
  }
}

const mostOfOneClient = 12;

function countLines(gateway: ProbedGateway, pattern: RegExp): number {
  return gateway.text().match(new RegExp(pattern, 'g'))?.length ?? 0;
}

describe('when Redis', { skip: withoutRedis }, () => {
  for (const [how, lose, find] of [
    ['is killed', (redis: RedisServer) => redis.kill(), (redis: RedisServer) => redis.restart()],
    ['is frozen', async (redis: RedisServer) => redis.pause(), async (redis: RedisServer) => redis.resume()],
  ] as const) {
    test(`${how} and comes back under load, every request is answered, and nothing is left of it`, async (t) => {
      const redis = await RedisServer.start();
      t.after(() => {
        redis.resume();
        return redis.stop();
      });
      const counting = await startCountingTarget(t);
      const gateway = await startProbedGateway(t, {
        ...documentFor([counting.target.url], { pool: { idle_timeout: '300ms' } }),
        store: redis.url,
        policies: [{ rate_limit: { by: 'ip', limit: '1000000/h' } }],
      });
      const census = await takeCensus(gateway);
      const load = new Load(t, gateway);
      await load.more(100);
      for (let round = 0; round < 2; round += 1) {
        await lose(redis);
        await gateway.metricsWhere('the store is lost', (page) => page.text.includes('gateway_store_up 0'));
        await load.more(100);
        await find(redis);
        await gateway.metricsWhere('the store is back', (page) => page.text.includes('gateway_store_up 1'));
        await load.more(100);
      }
      await load.stop();
      for (const { outcome, path: target } of load.outcomes) {
        assert.equal(assertHonest(outcome, { path: target, method: 'POST', bytes: '' }, []), '200');
        assert.equal(counting.requests.get(target), 1);
      }
      const longestMs = Math.max(...load.outcomes.map(({ tookMs }) => tookMs));
      t.diagnostic(`${load.outcomes.length} requests, the longest took ${longestMs.toFixed(0)} ms`);
      assert.ok(longestMs < 2_000, `${longestMs} ms`);
      await assertSameCensus(gateway, census);
      assert.equal(countLines(gateway, /the store cannot be reached/), 2);
    });
  }
});

test('when a worker dies under load, what it held is given back, and its requests are not done twice', async (t) => {
  const counting = await startCountingTarget(t);
  const gateway = await startProbedGateway(t, {
    ...documentFor([counting.target.url], {
      pool: { idle_timeout: '300ms' },
      breaker: { max_failures: 1, reset_timeout: '50ms', half_open_requests: 1, success_threshold: 1 },
    }),
    workers: 2,
    limits: { connections_per_client: mostOfOneClient, requests_per_client: mostOfOneClient },
  });
  const census = await takeCensus(gateway);
  const load = new Load(t, gateway, 8);
  await load.more(100);
  for (const [number, worker] of [0, 1, 0].entries()) {
    gateway.threads.crash(`sluice-worker-${worker}`);
    await waitUntil('another took its place', () => countLines(gateway, /took the place/) === number + 1);
    await load.more(100);
  }
  await load.stop();
  const words = load.outcomes.map(({ outcome, path: target }) => {
    assert.ok((counting.requests.get(target) ?? 0) <= 1);
    return assertHonest(outcome, { path: target, method: 'POST', bytes: '' }, []);
  });
  t.diagnostic(JSON.stringify(tally(words)));
  assert.ok(words.filter((word) => word === '200').length > 200);
  assert.equal(countLines(gateway, /a worker died and is replaced/), 3);
  await gateway.metricsWhere('the clients are gone', (page) => page.sum('gateway_connections') === 0);
  await assertRoomFor(t, gateway.port, mostOfOneClient);
  await assertSameCensus(gateway, census);
});

test('when a worker dies that has the only place of a half-open breaker, another request gets it', async (t) => {
  let isWell = false;
  const target = await startRawTarget(t, async (connection) => {
    for (;;) {
      await connection.request();
      if (isWell) await connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      else if (target.connections.length <= 1) connection.reset();
    }
  });
  const breaker = { max_failures: 1, reset_timeout: '50ms', half_open_requests: 1, success_threshold: 1 };
  const gateway = await startProbedGateway(t, documentFor([target.url], { breaker }));
  const asked = { path: '/', method: 'GET', bytes: requestText('GET', '/') };
  const opened = await askOnce(t, gateway.port, asked);
  assert.ok(opened !== 'cut' && opened.status === 502);
  const isHalfOpen = 'gateway_circuit_breaker_state';
  // The one request that is let through gets no answer.
  const held = waitUntil('one is let through', async () => {
    void askOnce(t, gateway.port, asked).catch(() => {});
    await delay(60);
    return target.connections.length >= 2;
  });
  await held;
  const refused = await askOnce(t, gateway.port, asked);
  assert.ok(refused !== 'cut' && refused.status === 503);
  assert.equal((await gateway.metrics()).sum(isHalfOpen), 0.5);
  isWell = true;
  gateway.threads.crash('sluice-worker-0');
  await gateway.shows(/took the place/);
  const answer = await askOnce(t, gateway.port, asked);
  assert.ok(answer !== 'cut' && answer.status === 200, JSON.stringify(answer));
  assert.equal((await gateway.metrics()).sum(isHalfOpen), 1);
});

test('when the disk of the access log is full, requests go on, and lines are written again once there is room', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-chaos-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'access.log');
  const counting = await startCountingTarget(t);
  const gateway = await startProbedGateway(t, {
    ...documentFor([counting.target.url], { pool: { idle_timeout: '300ms' } }),
    access_log: { file },
  });
  const load = new Load(t, gateway);
  await load.more(20);
  await load.stop();
  const census = await takeCensus(gateway);
  unlinkSync(file);
  symlinkSync('/dev/full', file);
  gateway.child.kill('SIGHUP');
  const going = new Load(t, gateway);
  await going.more(200);
  const page = await gateway.metricsWhere('it is counted', (it) => it.sum('gateway_access_log_errors_total') > 0);
  t.diagnostic(`${page.sum('gateway_access_log_errors_total')} errors of writing`);
  assert.match(gateway.text(), /access log .* could not be written: no space left on device/i);
  unlinkSync(file);
  gateway.child.kill('SIGHUP');
  await waitUntil('a line is written', async () => {
    await going.more(1);
    return existsSync(file) && readFileSync(file, 'utf8').includes('"status_code":200');
  });
  await going.stop();
  for (const { outcome, path: target } of going.outcomes) {
    assert.equal(assertHonest(outcome, { path: target, method: 'POST', bytes: '' }, []), '200');
  }
  // What tells of trouble must not be so much that it fills another disk.
  assert.ok(countLines(gateway, /could not be written/) <= 5, gateway.text().slice(0, 2_000));
  await assertSameCensus(gateway, census);
});
