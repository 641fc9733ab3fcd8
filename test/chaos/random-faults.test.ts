import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from '../../src/core/error-codes.ts';
import { createSeededRandom } from '../../src/simulation/seeded-random.ts';
import { assertSameCensus, takeCensus } from '../support/census.ts';
import { FaultProxy, type Faults, type StreamFaults } from '../support/fault-proxy.ts';
import { documentFor } from '../support/gateway.ts';
import { startProbedGateway } from '../support/probed-gateway.ts';
import { RawClient, requestText } from '../support/raw-client.ts';
import { waitUntil } from '../support/wait.ts';
import { startCountingTarget } from './counting-target.ts';
import { askOnce, assertHonest, assertRoomFor, inParallel, tally, type Asked } from './outcome.ts';

const seed = Number(process.env['SLUICE_CHAOS_SEED'] ?? Date.now() % 2 ** 31);
const requests = 1_200;
const body = 'x'.repeat(3_000);
const codes: readonly ErrorCode[] = [
  'upstream_reset',
  'upstream_timeout',
  'upstream_unreachable',
  'upstream_connect_timeout',
  'circuit_open',
  'no_healthy_target',
];

const mostOfOneClient = 60;
const limits = {
  head_timeout: '1s',
  body_idle_timeout: '1s',
  keep_alive_timeout: '1s',
  connections_per_client: mostOfOneClient,
  requests_per_client: mostOfOneClient,
};
const upstream = {
  breaker: { max_failures: 3, reset_timeout: '50ms', half_open_requests: 2, success_threshold: 2 },
  retry: { attempts: 1, initial_delay: '5ms', budget: 1 },
  timeouts: { connect: '500ms', response: '300ms', idle: '300ms' },
  pool: { idle_timeout: '300ms' },
};

type Random = () => number;

function choose<Item>(random: Random, items: readonly Item[]): Item | undefined {
  return items[Math.floor(random() * items.length)];
}

function planFaults(random: Random): Faults {
  const create = (): StreamFaults => ({
    after: Math.floor(random() * 1_000),
    how: choose(random, ['reset', 'close', 'stall'] as const) ?? 'reset',
    ...(random() < 0.3 ? { sliceBytes: 1 + Math.floor(random() * 50) } : {}),
    ...(random() < 0.2 ? { lateMs: Math.floor(random() * 20) } : {}),
  });
  const fate = random();
  if (fate < 0.15) return {};
  return fate < 0.6 ? { up: create() } : { down: create() };
}

function createRequest(random: Random, number: number): Asked {
  // An answer up to the close that is closed too early looks like any other, to everyone.
  const path = `/${random() < 0.5 ? 'length' : 'chunked'}/${10_000 + number}`;
  if (random() < 0.5) return { path, method: 'GET', bytes: requestText('GET', path) };
  const head = requestText('POST', path, { 'Content-Length': String(body.length) });
  return { path, method: 'POST', bytes: head + body };
}

/** Asks, and leaves after a while whether there is an answer or not. */
async function leaveEarly(t: TestContext, port: number, { bytes }: Asked, afterMs: number): Promise<string> {
  const client = await RawClient.connect(t, port);
  void client.write(bytes.slice(0, Math.ceil(bytes.length * Math.min(1, afterMs / 10))));
  await delay(afterMs);
  if (afterMs % 2 === 0) client.reset();
  else client.socket.destroy();
  return 'left';
}

test(
  'faults of every kind at random, with retries, a breaker and clients that leave',
  { timeout: 60_000 },
  async (t) => {
    t.diagnostic(`seed ${seed}`);
    const random = createSeededRandom(seed);
    const counting = await startCountingTarget(t);
    const proxies = [await FaultProxy.start(t, counting.target.port), await FaultProxy.start(t, counting.target.port)];
    const targets = proxies.map(({ url }) => url);
    const gateway = await startProbedGateway(t, { ...documentFor(targets, upstream), workers: 2, limits });
    const { port } = gateway;
    const posts: string[] = [];
    const askAll = (from: number, count: number) => {
      const all = Array.from({ length: count }, (_, at) => createRequest(random, from + at));
      posts.push(...all.flatMap(({ method, path }) => (method === 'POST' ? [path] : [])));
      return inParallel(
        all,
        async (asked) => {
          if (from === 0 && random() < 0.15) return leaveEarly(t, port, asked, Math.floor(random() * 40));
          return assertHonest(await askOnce(t, port, asked), asked, codes);
        },
        24,
      );
    };
    await askAll(requests, 20);
    const census = await takeCensus(gateway);

    for (const proxy of proxies) proxy.plan = () => planFaults(random);
    const words = await askAll(0, requests);
    t.diagnostic(JSON.stringify(tally(words)));
    for (const outcome of ['200', 'cut', 'left', 'upstream_reset', 'upstream_timeout', 'circuit_open']) {
      assert.ok(words.includes(outcome), outcome);
    }
    const page = await gateway.metrics();
    t.diagnostic(
      `${page.sum('gateway_backend_retries_total')} retries, ${page.sum('gateway_circuit_breaker_trips_total')} trips`,
    );

    // Connections that have their fault still before them are of that time too.
    for (const proxy of proxies) {
      proxy.plan = () => ({});
      proxy.resetAll();
    }
    let number = requests + 1_000;
    await waitUntil('the breaker closes', async () => {
      await askAll((number += 10), 10);
      return (await gateway.metrics()).sum('gateway_circuit_breaker_state') === 1;
    });
    // Had a place of half-open been lost, there would be fewer of them every time.
    const after = await askAll(number + 1_000, 200);
    assert.deepEqual(tally(after), { 200: 200 });
    await gateway.metricsWhere('the clients are gone', (it) => it.sum('gateway_connections') === 0);
    await assertRoomFor(t, port, mostOfOneClient);
    for (const path of posts) assert.ok((counting.requests.get(path) ?? 0) <= 1, `${path} was done twice`);
    await assertSameCensus(gateway, census);
    assert.doesNotMatch(gateway.text(), /"level":"(?:error|warn)"/);
  },
);
