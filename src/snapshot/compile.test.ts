import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { headOf } from '../core/routed-request.fixture.ts';
import type { Program } from '../core/worker-messages.ts';
import type { Config } from '../config/schema.ts';
import { targetUnhealthy } from '../state/target-states.ts';
import { compileSnapshot } from './compile.ts';
import { decidePath, decideRoute } from './decide.ts';
import { createCompileContext, createProgram, createTestPolicies } from './fixtures/test-program.ts';
import type { Snapshot } from './snapshot.ts';

const listeners = [{ address: '127.0.0.1:0' }];
const upstreams = {
  users: { targets: ['http://127.0.0.1:8081', 'http://[::1]:8082'] },
  data: { targets: ['http://a.example'] },
};
const routes = [
  { name: 'users', match: { path: '/users/*', methods: ['GET'] }, upstream: 'users' },
  { name: 'hosted', match: { path: '/*', host: 'API.example' }, upstream: 'data' },
];

function compile(context: TestContext, document: object): Snapshot {
  return compileSnapshot(createProgram({ listeners, ...document }), createCompileContext(context));
}

const routeNameOf = (snapshot: Snapshot, method: string, path: string, host = 'a') =>
  decideRoute(snapshot, headOf({ method, host }), path)?.name ?? null;

describe('a snapshot', () => {
  test('has the version, the listeners and the limits of its configuration', (context) => {
    const snapshot = compile(context, {
      limits: {
        request_line: '1KiB',
        head: '2KiB',
        fields: 7,
        head_timeout: '1s',
        body_idle_timeout: '2s',
        keep_alive_timeout: '3s',
        body: '4KiB',
      },
    });
    assert.equal(snapshot.version, 7);
    assert.deepEqual(snapshot.listeners, [{ host: '127.0.0.1', port: 0 }]);
    assert.deepEqual(snapshot.headLimits, { startLineBytes: 1024, headBytes: 2048, fields: 7 });
    assert.deepEqual(snapshot.clientTimeouts, { headMs: 1000, bodyIdleMs: 2000, keepAliveMs: 3000 });
    assert.equal(snapshot.maximumBody, 4096);
    assert.ok(Object.isFrozen(snapshot));
  });

  test('has no largest body and no trusted proxies where none are configured', (context) => {
    const snapshot = compile(context, {});
    assert.equal(snapshot.maximumBody, Infinity);
    assert.equal(snapshot.trustedProxies, null);
  });

  test('knows the proxies that it trusts', (context) => {
    const { trustedProxies } = compile(context, { trusted_proxies: ['10.0.0.0/8', '::1'] });
    const isTrusted = (ip: string) => trustedProxies?.contains(ip);
    assert.deepEqual(['10.1.2.3', '::1', '192.0.2.1', 'x'].map(isTrusted), [true, true, false, false]);
  });

  test('leads requests to their routes', (context) => {
    const snapshot = compile(context, { upstreams, routes });
    assert.equal(routeNameOf(snapshot, 'GET', '/users/1'), 'users');
    assert.equal(routeNameOf(snapshot, 'PUT', '/users/1'), null);
    assert.equal(routeNameOf(snapshot, 'PUT', '/users/1', 'api.EXAMPLE:8080'), 'hosted');
    assert.equal(routeNameOf(snapshot, 'GET', '/'), null);
    assert.deepEqual(snapshot.router.methodsFor(headOf({ host: 'a' }), '/users/1'), ['GET']);
  });

  test('has each route in its slot, with its upstream in its own', (context) => {
    const program = createProgram({ listeners, upstreams, routes });
    const snapshot = compileSnapshot(program, createCompileContext(context));
    const route = decideRoute(snapshot, headOf({ host: 'api.example' }), '/');
    assert.equal(route?.slot, program.slots.routes['hosted']);
    assert.equal(route?.destination.upstream?.slot, program.slots.upstreams['data']);
    const [target] = route?.destination.upstream?.targets ?? [];
    assert.equal(target?.slot, program.slots.targets[`data ${target?.url}`]);
    assert.notEqual(target?.slot, undefined);
  });
});

describe('the upstream of a route', () => {
  const usersOf = (snapshot: Snapshot) => {
    const route = decideRoute(snapshot, headOf({ host: 'a' }), '/users');
    assert.ok(route);
    assert.ok(route.destination.upstream);
    return route.destination.upstream;
  };

  test('has its targets with the lines that name them', (context) => {
    const { targets, internal, name } = usersOf(compile(context, { upstreams, routes }));
    assert.equal(name, 'users');
    assert.equal(internal, false);
    assert.deepEqual(
      targets.map(({ authority, hostLine, backendLine }) => [authority, hostLine, backendLine]),
      [
        ['127.0.0.1:8081', 'Host: 127.0.0.1:8081\r\n', 'X-Backend: 127.0.0.1:8081\r\n'],
        ['[::1]:8082', 'Host: [::1]:8082\r\n', 'X-Backend: [::1]:8082\r\n'],
      ],
    );
  });

  test('has its timeouts, and its pools have their bounds', (context) => {
    const { timeouts, targets } = usersOf(
      compile(context, {
        routes: [{ ...routes[0] }],
        upstreams: {
          users: {
            targets: ['http://127.0.0.1:8081'],
            timeouts: { connect: '1s', response: '2s', idle: '3s' },
            pool: { max_connections: 4, max_idle: 5, idle_timeout: '6s', max_waiting: 7, wait_timeout: '8s' },
          },
        },
      }),
    );
    assert.deepEqual(timeouts, { connectMs: 1000, responseMs: 2000, idleMs: 3000, waitMs: 8000 });
    assert.partialDeepStrictEqual(targets[0]?.pool.options, {
      maximumConnections: 4,
      maximumIdle: 5,
      idleTimeoutMs: 6000,
      maximumWaiting: 7,
      connectTimeoutMs: 1000,
    });
  });

  test('takes turns among its healthy targets', (context) => {
    const ctx = createCompileContext(context);
    const upstream = usersOf(compileSnapshot(createProgram({ listeners, upstreams, routes }), ctx));
    const ports = () => Array.from({ length: 4 }, () => upstream.pick(null, null)?.authority.split(':').at(-1));
    assert.deepEqual(ports(), ['8081', '8082', '8081', '8082']);
    ctx.resources.targetStates.setHealth(upstream.targets[0]?.slot ?? -1, targetUnhealthy);
    assert.deepEqual(ports(), ['8082', '8082', '8082', '8082']);
  });

  test('has a breaker and retries as they are configured, or none', (context) => {
    const targets = ['http://127.0.0.1:8081'];
    const retry = {
      attempts: 4,
      initial_delay: '5ms',
      max_delay: '6s',
      multiplier: 7,
      jitter: 0.5,
      unsafe_methods: true,
    };
    const on = usersOf(
      compile(context, { routes: [{ ...routes[0] }], upstreams: { users: { targets, retry, breaker: {} } } }),
    );
    assert.notEqual(on.breaker, null);
    const expected = { attempts: 4, initialDelayMs: 5, maxDelayMs: 6000, multiplier: 7, jitter: 0.5 };
    assert.partialDeepStrictEqual(on.retry?.options, expected);
    assert.ok(on.retry?.options.methods.includes('POST'));
    const off = usersOf(
      compile(context, { routes: [{ ...routes[0] }], upstreams: { users: { targets, retry: false, breaker: false } } }),
    );
    assert.deepEqual([off.breaker, off.retry], [null, null]);
  });

  test('is one object for all its routes', (context) => {
    const shared = [
      { name: 'a', match: { path: '/users' }, upstream: 'users' },
      { name: 'b', match: { path: '/b' }, upstream: 'users' },
    ];
    const snapshot = compile(context, { upstreams, routes: shared });
    assert.equal(usersOf(snapshot), decideRoute(snapshot, headOf({ host: 'a' }), '/b')?.destination.upstream);
  });
});

describe('the gateway’s own paths', () => {
  test('are the probes where there is no admin on the main listener', (context) => {
    const snapshot = compile(context, { upstreams, routes: [{ name: 'all', upstream: 'data' }] });
    assert.deepEqual(
      ['/livez', '/readyz', '/livez/x', '/metrics', '/admin/x', '/'].map((path) => routeNameOf(snapshot, 'GET', path)),
      ['gateway:/livez', 'gateway:/readyz', 'all', 'all', 'all', 'all'],
    );
  });

  test('come before every route, whatever the method and the host', (context) => {
    const everything = [{ name: 'live', match: { path: '/livez', host: 'a', methods: ['POST'] }, upstream: 'data' }];
    const snapshot = compile(context, { upstreams, routes: everything });
    assert.equal(routeNameOf(snapshot, 'POST', '/livez'), 'gateway:/livez');
    const { upstream } = decideRoute(snapshot, headOf({ host: 'a' }), '/livez')?.destination ?? {};
    assert.equal(upstream?.internal, true);
    assert.equal(upstream.pick(null, null)?.backendLine, '');
  });
});

describe('the policies of a route', () => {
  test('are those of the gateway and then its own, each phase in the order written', (context) => {
    const made: string[] = [];
    const definitions = createTestPolicies(made);
    const document = {
      listeners,
      upstreams,
      policies: [{ both: { note: '1' } }, { early: {} }],
      routes: [
        { ...routes[0], policies: [{ late: {} }, { both: { note: '2' } }, { both: { note: '3' } }] },
        { ...routes[1] },
      ],
    };
    const snapshot = compileSnapshot(createProgram(document, definitions), createCompileContext(context, definitions));
    const { policies: own } = decideRoute(snapshot, headOf({ host: 'a' }), '/users') ?? {};
    const { policies: common } = decideRoute(snapshot, headOf({ host: 'api.example' }), '/') ?? {};
    const names = (list: readonly { name: string }[] = []) => list.map(({ name }) => name);
    assert.deepEqual(names(own?.onRequest), ['both', 'early', 'both', 'both']);
    assert.deepEqual(names(own?.onFinish), ['both', 'late', 'both', 'both']);
    assert.deepEqual(names(common?.onRequest), ['both', 'early']);
    assert.equal(own?.onRequest[0], common?.onRequest[0]);
    assert.deepEqual(made, [
      'gateway both 1: 1',
      'gateway early 1: -',
      'route users late 1: -',
      'route users both 1: 2',
      'route users both 2: 3',
    ]);
  });
});

describe('a program that contradicts itself', () => {
  const refuse = (context: TestContext, change: (program: Program<Config>) => Program<Config>) => () =>
    compileSnapshot(change(createProgram({ listeners, upstreams, routes })), createCompileContext(context));

  test('is refused where something has no slot', (context) => {
    const without = (part: 'routes' | 'upstreams' | 'targets') => (program: Program<Config>) => ({
      ...program,
      slots: { ...program.slots, [part]: {} },
    });
    for (const part of ['routes', 'upstreams', 'targets'] as const) {
      assert.throws(refuse(context, without(part)), /no slot is assigned to (users|data)/, part);
    }
  });

  test('is refused where a route names an upstream that there is not', (context) => {
    const change = (program: Program<Config>) => ({ ...program, config: { ...program.config, upstreams: {} } });
    assert.throws(refuse(context, change), /route users names the unknown upstream users/);
  });
});

test('a path is judged in its one form', () => {
  assert.equal(decidePath('/a/../b'), '/b');
  assert.equal(decidePath('/..'), null);
});
