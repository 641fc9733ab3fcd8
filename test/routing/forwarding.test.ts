import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { rawRequest, requestText } from '../support/raw-client.ts';
import { startRecordingTarget, type RecordedRequest } from '../support/recording-target.ts';

const plain = { health: false, retry: false, breaker: false };

async function sentOn(
  t: TestContext,
  route: object,
  requests: readonly [target: string, fields?: Readonly<Record<string, string>>][],
): Promise<readonly RecordedRequest[]> {
  const target = await startRecordingTarget(t);
  const { port } = await startGateway(t, {
    upstreams: { users: { targets: [target.url], ...plain } },
    routes: [{ name: 'rewritten', upstream: 'users', ...route }],
  });
  for (const [path, fields = {}] of requests) {
    const response = await rawRequest(t, port, requestText('GET', path, fields));
    assert.equal(response.status, 200);
    assert.equal(`http://${response.field('x-backend') ?? ''}`, target.url);
  }
  return target.requests;
}

const urlsOf = (requests: readonly RecordedRequest[]) => requests.map(({ url }) => url);

describe('a rewritten request', () => {
  test('has no prefix any more, and keeps its query', async (t) => {
    const route = { match: { path: '/api/*' }, rewrite: { strip_prefix: '/api' } };
    const urls = urlsOf(await sentOn(t, route, [['/api'], ['/api/'], ['/api/a/?b=/api'], ['/x/..//api/a?b']]));
    assert.deepEqual(urls, ['/', '/', '/a/?b=/api', '/a?b']);
  });

  test('has another path, filled in from its own', async (t) => {
    const route = { match: { path: '/v1/{kind}/{id}/*' }, rewrite: { path: '/v2/{id}/{kind}/{*}' } };
    const urls = urlsOf(await sentOn(t, route, [['/v1/users/7'], ['/v1/users/7/a/b?c']]));
    assert.deepEqual(urls, ['/v2/7/users/', '/v2/7/users/a/b?c']);
  });

  test('has another host, or the host of the request, and is told which one it was for', async (t) => {
    const [fixed] = await sentOn(t, { rewrite: { host: 'internal.example' } }, [['/']]);
    assert.equal(fixed?.headers.host, 'internal.example');
    assert.equal(fixed?.headers['x-forwarded-host'], 'example.com');
    const [passedOn] = await sentOn(t, { rewrite: { host: '{request.host}' } }, [['/', { Host: 'a.example:81' }]]);
    assert.equal(passedOn?.headers.host, 'a.example:81');
  });

  test('has the host of its target where a client sends one that is none', async (t) => {
    const fields = ['b.example', 'b.example/x', 'a b', ''].map((value): [string, Record<string, string>] => [
      '/',
      { 'X-Tenant-Host': value },
    ]);
    const requests = await sentOn(t, { rewrite: { host: '{header.x-tenant-host}' } }, fields);
    const own = requests[1]?.headers.host ?? '';
    assert.match(own, /^127\.0\.0\.1:\d+$/);
    assert.deepEqual(
      requests.map(({ headers }) => headers.host),
      ['b.example', own, own, own],
    );
  });
});

describe('a split', () => {
  test('gives each upstream its share, and none to a weight of 0', async (t) => {
    const targets = await Promise.all([1, 2, 3].map(() => startRecordingTarget(t)));
    const names = ['stable', 'next', 'off'];
    const { port } = await startGateway(t, {
      upstreams: Object.fromEntries(names.map((name, at) => [name, { targets: [targets[at]?.url], ...plain }])),
      routes: [
        {
          name: 'all',
          split: [
            { upstream: 'off', weight: 0 },
            { upstream: 'stable', weight: 3 },
            { upstream: 'next', weight: 1 },
          ],
        },
      ],
    });
    const count = 800;
    for (let asked = 0; asked < count; asked += 40) {
      const answers = Array.from({ length: 40 }, () => fetch(`http://127.0.0.1:${port}/`).then((it) => it.text()));
      await Promise.all(answers);
    }
    const [stable = 0, next = 0, off = 0] = targets.map(({ requests }) => requests.length);
    assert.equal(off, 0);
    assert.equal(stable + next, count);
    // Five and a half standard deviations on either side.
    assert.ok(Math.abs(stable - (count * 3) / 4) < 68, `${stable} of ${count} went to the larger share`);
  });

  test('stays with the upstream that it chose when a request is sent again', async (t) => {
    const failing = await startRecordingTarget(t, (response) => response.writeHead(503).end());
    const other = await startRecordingTarget(t);
    const retry = { attempts: 2, initial_delay: '1ms' };
    const { port } = await startGateway(t, {
      upstreams: {
        failing: { targets: [failing.url], ...plain, retry },
        other: { targets: [other.url], ...plain },
      },
      routes: [
        {
          name: 'all',
          split: [
            { upstream: 'failing', weight: 1_000_000 },
            { upstream: 'other', weight: 0 },
          ],
        },
      ],
    });
    const response = await rawRequest(t, port, requestText('GET', '/'));
    assert.deepEqual([response.status, response.field('x-retry-count')], [503, '2']);
    assert.deepEqual([failing.requests.length, other.requests.length], [3, 0]);
  });
});
