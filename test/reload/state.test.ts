import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, startGateway } from '../support/gateway.ts';
import { plainGet, rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget } from '../support/recording-target.ts';
import { waitUntil } from '../support/wait.ts';

const plain = { health: false, retry: false, breaker: false };

/** A route for everything to the upstream `backends`, and one that has nothing to do with it. */
function documentWith(upstream: object, { version = 0, policies = [] as object[] } = {}): object {
  return {
    upstreams: { backends: upstream, other: { targets: ['http://127.0.0.1:1'], ...plain } },
    routes: [
      { name: 'all', upstream: 'backends', policies },
      { name: `version-${version}`, match: { path: `/version-${version}` }, upstream: 'other' },
    ],
  };
}

describe('what a reload does not touch', () => {
  test('a circuit breaker that is open stays open', async (t) => {
    const target = await startRecordingTarget(t, (response) => response.writeHead(500).end());
    const upstream = { targets: [target.url], ...plain, breaker: { max_failures: 2, reset_timeout: '60s' } };
    const { gateway, port } = await startGateway(t, documentWith(upstream));
    for (const status of [500, 500, 503]) assert.equal((await rawRequest(t, port, plainGet)).status, status);
    assert.equal((await gateway.reload(configOf(documentWith(upstream, { version: 1 })))).status, 'success');
    const refused = await rawRequest(t, port, plainGet);
    assert.deepEqual([refused.status, JSON.parse(refused.body.toString()).code], [503, 'circuit_open']);
    assert.equal(target.requests.length, 2);
  });

  test('a rate limit stays drawn down, also with two workers', async (t) => {
    const target = await startRecordingTarget(t);
    const policies = [{ rate_limit: { by: 'ip', limit: '1/h', burst: 3 } }];
    const upstream = { targets: [target.url], ...plain };
    const documentOf = (version: number) => ({ ...documentWith(upstream, { version, policies }), workers: 2 });
    const { gateway, port } = await startGateway(t, documentOf(0));
    for (const status of [200, 200]) assert.equal((await rawRequest(t, port, plainGet)).status, status);
    assert.equal((await gateway.reload(configOf(documentOf(1)))).status, 'success');
    for (const status of [200, 429, 429]) assert.equal((await rawRequest(t, port, plainGet)).status, status);
  });

  test('the rotation among targets goes on where it was', async (t) => {
    const targets = await Promise.all([startRecordingTarget(t), startRecordingTarget(t), startRecordingTarget(t)]);
    const upstream = { targets: targets.map(({ url }) => url), ...plain };
    const { gateway, port } = await startGateway(t, documentWith(upstream));
    for (let round = 0; round < 9; round += 1) {
      assert.equal((await rawRequest(t, port, plainGet)).status, 200);
      assert.equal((await gateway.reload(configOf(documentWith(upstream, { version: round + 1 })))).status, 'success');
    }
    assert.deepEqual(
      targets.map(({ requests }) => requests.length),
      [3, 3, 3],
    );
  });

  test('counters go on, those of a route that is gone too', async (t) => {
    const target = await startRecordingTarget(t);
    const documentOf = (names: readonly string[]) => ({
      upstreams: { backends: { targets: [target.url], ...plain } },
      routes: names.map((name) => ({ name, match: { path: `/${name}` }, upstream: 'backends' })),
    });
    const { gateway, port, metrics } = await startGateway(t, documentOf(['a', 'b']));
    for (const path of ['/a', '/a', '/b']) await rawRequest(t, port, requestText('GET', path));
    assert.equal((await gateway.reload(configOf(documentOf(['b', 'c'])))).status, 'success');
    for (const path of ['/b', '/c']) await rawRequest(t, port, requestText('GET', path));
    const page = await metrics();
    const countOf = (path: string) => page.sum('gateway_http_requests_total', { path });
    assert.deepEqual(['/a', '/b', '/c', 'unmatched'].map(countOf), [2, 2, 1, 0]);
    assert.equal(page.sum('gateway_http_request_duration_ms_count'), 5);
    assert.equal(page.sum('gateway_backend_requests_total', { service: 'backends' }), 5);
  });
});

test('a slot that has changed hands begins at 0, for the third of three generations of names', async (t) => {
  const target = await startRecordingTarget(t);
  const documentOf = (generation: string) => ({
    upstreams: { backends: { targets: [target.url], ...plain } },
    routes: Array.from({ length: 2_000 }, (_, index) => ({
      name: `${generation}${index}`,
      match: { path: `/${generation}/${index}` },
      upstream: 'backends',
    })),
  });
  const { gateway, port, metrics } = await startGateway(t, { ...documentOf('a'), routes: [] });
  const ask = async (path: string) => assert.equal((await rawRequest(t, port, requestText('GET', path))).status, 200);
  for (const generation of ['a', 'b', 'c']) {
    assert.equal((await gateway.reload(configOf(documentOf(generation)))).status, 'success');
    for (const index of [0, 1, 1_999]) await ask(`/${generation}/${index}`);
  }
  await ask('/c/1999');
  const page = await metrics();
  const countOf = (path: string) => page.sum('gateway_http_requests_total', { path });
  // Of the first generation's slots, those that were free for longest have gone to the third.
  assert.deepEqual(['/a/0', '/a/1', '/b/0', '/b/1999', '/c/0', '/c/1999'].map(countOf), [0, 0, 1, 1, 1, 2]);
  assert.equal(page.sum('gateway_slots_in_use', { kind: 'routes' }), page.sum('gateway_slots', { kind: 'routes' }));
});

describe('the health of a target', () => {
  const health = { path: '/health', interval: '20ms' };

  test('stays as it is, and the next check is not put off', async (t) => {
    const sick = await startRecordingTarget(t, (response) => response.writeHead(500).end());
    const fine = await startRecordingTarget(t);
    const upstream = { targets: [sick.url, fine.url], ...plain, health };
    const { gateway, port, metricsWhere } = await startGateway(t, documentWith(upstream));
    await metricsWhere((page) => page.sum('gateway_target_healthy', { target: sick.url }) === 0);
    assert.equal((await gateway.reload(configOf(documentWith(upstream, { version: 1 })))).status, 'success');
    for (let count = 0; count < 6; count += 1) assert.equal((await rawRequest(t, port, plainGet)).status, 200);
    const checked = fine.requests.length;
    await waitUntil('the checks go on', () => fine.requests.length > checked + 3);
  });

  test('is unknown for one that was away and is back, and nobody checks it meanwhile', async (t) => {
    const sick = await startRecordingTarget(t, (response) => response.writeHead(500).end());
    const fine = await startRecordingTarget(t);
    const documentOf = (urls: readonly string[], interval: string) =>
      documentWith({ targets: urls, ...plain, health: { ...health, interval } });
    const { gateway, metricsWhere, metrics } = await startGateway(t, documentOf([sick.url, fine.url], '20ms'));
    await metricsWhere((page) => page.sum('gateway_target_healthy', { target: sick.url }) === 0);
    assert.equal((await gateway.reload(configOf(documentOf([fine.url], '20ms')))).status, 'success');
    const asked = sick.requests.length;
    const checked = fine.requests.length;
    await waitUntil('some checks of the other', () => fine.requests.length > checked + 5);
    // One may have been on its way.
    assert.ok(sick.requests.length <= asked + 1);
    const page = await metrics();
    assert.ok(!page.text.includes(sick.url), 'it is not told of any more');
    // Its checks are too far apart to have said anything.
    assert.equal((await gateway.reload(configOf(documentOf([sick.url, fine.url], '10m')))).status, 'success');
    assert.equal((await metrics()).sum('gateway_target_healthy', { target: sick.url }), 1);
  });

  test('does not keep a target out once it is not checked any more', async (t) => {
    const sick = await startRecordingTarget(t, (response, { url }) =>
      response.writeHead(url === '/health' ? 500 : 200).end(),
    );
    const { gateway, port, metricsWhere } = await startGateway(
      t,
      documentWith({ targets: [sick.url], ...plain, health }),
    );
    await metricsWhere((page) => page.sum('gateway_target_healthy', { target: sick.url }) === 0);
    assert.equal((await rawRequest(t, port, plainGet)).status, 503);
    assert.equal((await gateway.reload(configOf(documentWith({ targets: [sick.url], ...plain })))).status, 'success');
    assert.equal((await rawRequest(t, port, plainGet)).status, 200);
  });
});

test('keys, limits, proxies and policies are those of the new configuration', async (t) => {
  const target = await startRecordingTarget(t);
  const documentOf = (secret: string, more: object) => ({
    ...documentWith({ targets: [target.url], ...plain }, { policies: [{ api_key: { required: true } }] }),
    keys: [{ name: 'app', secret }],
    ...more,
  });
  const { gateway, port } = await startGateway(t, documentOf('one', {}));
  const ask = async (key: string, fields = {}) =>
    await rawRequest(t, port, requestText('GET', '/', { 'X-API-Key': key, ...fields }));
  assert.deepEqual([(await ask('one')).status, (await ask('two')).status], [200, 401]);
  const next = documentOf('two', { limits: { fields: 5 }, trusted_proxies: ['127.0.0.1'] });
  assert.equal((await gateway.reload(configOf(next))).status, 'success');
  assert.deepEqual([(await ask('one')).status, (await ask('two')).status], [401, 200]);
  assert.equal((await ask('two', { A: '1', B: '2', C: '3', D: '4' })).status, 431);
  await ask('two', { 'X-Forwarded-For': '192.0.2.7' });
  assert.match(String(target.requests.at(-1)?.headers['x-forwarded-for']), /^192\.0\.2\.7/);
});
