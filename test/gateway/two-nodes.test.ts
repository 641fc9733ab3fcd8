import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { RedisServer, withoutRedis } from '../stores/redis-server.ts';
import { documentFor, startGateway, type RunningGateway } from '../support/gateway.ts';
import { assertProblem } from '../support/problems.ts';
import { RawClient, rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';

async function startNode(t: TestContext, target: string, redis: RedisServer): Promise<RunningGateway> {
  return startGateway(t, {
    ...documentFor([target]),
    store: redis.url,
    workers: 2,
    trusted_proxies: ['127.0.0.1'],
    policies: [{ api_key: {} }, { rate_limit: { by: 'ip', limit: '30/h', anonymous_only: true } }],
  });
}

async function startRedis(t: TestContext): Promise<RedisServer> {
  const redis = await RedisServer.start();
  t.after(() => redis.stop());
  return redis;
}

async function askAdmin({ gateway }: RunningGateway, path: string, body?: object): Promise<Record<string, unknown>> {
  const { host, port } = gateway.adminAddress ?? { host: '', port: 0 };
  const response = await fetch(`http://${host}:${port}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Connection: 'close' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function createKey(node: RunningGateway): Promise<{ id: string; secret: string }> {
  const { data } = (await askAdmin(node, '/admin/apikeys', { name: 'app' })) as {
    data: { raw_key: string; api_key: { id: string } };
  };
  return { id: data.api_key.id, secret: data.raw_key };
}

describe('two gateways with one Redis', { skip: withoutRedis }, () => {
  test('share a limit exactly, all at once, whichever of them a request meets', async (t) => {
    const redis = await startRedis(t);
    const target = await startRecordingTarget(t);
    const nodes = [await startNode(t, target.url, redis), await startNode(t, target.url, redis)];
    const clients = await Promise.all(
      Array.from({ length: 20 }, (_, number) => RawClient.connect(t, nodes[number % 2]?.port ?? 0)),
    );
    const answers = await Promise.all(
      clients.map(async (client) => {
        const statuses: number[] = [];
        const request = requestText('GET', '/', { 'X-Forwarded-For': '192.0.2.1' });
        for (let asked = 0; asked < 4; asked++) statuses.push((await client.ask(request, 'GET')).status);
        return statuses;
      }),
    );
    assert.equal(answers.flat().filter((status) => status === 200).length, 30);
    assert.equal(answers.flat().filter((status) => status === 429).length, 50);
    assert.equal(target.requests.length, 30);
  });

  test('know each other’s keys at once, and a revocation within a second', async (t) => {
    const redis = await startRedis(t);
    const target = await startRecordingTarget(t);
    const one = await startNode(t, target.url, redis);
    const other = await startNode(t, target.url, redis);
    const { id, secret } = await createKey(one);
    const askOther = async () => rawRequest(t, other.port, requestText('GET', '/', { 'X-API-Key': secret }));
    for (let asked = 0; asked < 8; asked++) assert.equal((await askOther()).status, 200);
    await askAdmin(one, `/admin/apikeys/${id}/revoke`);
    const revokedAt = performance.now();
    await waitUntil('the key is refused', async () => ((await askOther()).status === 401 ? true : null));
    assert.ok(performance.now() - revokedAt < 1_000, `${performance.now() - revokedAt} ms`);
    for (let asked = 0; asked < 8; asked++) assertProblem(await askOther(), 'invalid_api_key');
  });

  test('go on without it: known keys work on every worker, unknown ones get 503, and all heals by itself', async (t) => {
    const redis = await startRedis(t);
    const target = await startRecordingTarget(t);
    const node = await startNode(t, target.url, redis);
    const { secret } = await createKey(node);
    const { secret: unused } = await createKey(node);
    const ask = async (fields: Readonly<Record<string, string>>) =>
      rawRequest(t, node.port, requestText('GET', '/', fields));
    assert.equal((await ask({ 'X-API-Key': secret })).status, 200);
    await redis.kill();
    await node.metricsWhere((page) => page.text.includes('gateway_store_up 0'));
    for (let asked = 0; asked < 8; asked++) assert.equal((await ask({ 'X-API-Key': secret })).status, 200);
    assertProblem(await ask({ 'X-API-Key': unused }), 'key_store_unavailable');
    const startedAt = performance.now();
    for (let asked = 0; asked < 20; asked++) assert.equal((await ask({ 'X-Forwarded-For': '192.0.2.5' })).status, 200);
    assert.ok(performance.now() - startedAt < 2_000, `${performance.now() - startedAt} ms for 20 requests`);
    const lost = node.log.filter((line) => line.message.startsWith('the store cannot be reached'));
    assert.equal(lost.length, 1);
    await redis.restart();
    await node.metricsWhere((page) => page.text.includes('gateway_store_up 1'));
    const { secret: made } = await createKey(node);
    assert.equal((await ask({ 'X-API-Key': made })).status, 200);
  });
});
