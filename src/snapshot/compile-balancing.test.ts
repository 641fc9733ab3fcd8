import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { headOf } from '../core/routed-request.fixture.ts';
import type { TemplateSource } from '../core/template.ts';
import { targetHealthy, targetUnhealthy } from '../state/target-states.ts';
import type { Target } from '../upstream/target.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { compileSnapshot, type CompileContext } from './compile.ts';
import { decideRoute } from './decide.ts';
import { createCompileContext, createProgram } from './fixtures/test-program.ts';

const targets = ['http://127.0.0.1:1', 'http://127.0.0.1:2', { url: 'http://127.0.0.1:3', weight: 2 }];

/** An upstream with these options besides its targets, the last of which has twice the weight of the others. */
function compile(t: TestContext, options: object, ctx = createCompileContext(t)): Bench {
  const document = {
    listeners: [{ address: '127.0.0.1:0' }],
    upstreams: { u: { targets, ...options } },
    routes: [{ name: 'r', upstream: 'u' }],
  };
  const route = decideRoute(compileSnapshot(createProgram(document), ctx), headOf({}), '/');
  const upstream = route?.destination.upstream;
  assert.ok(upstream !== undefined && upstream !== null);
  return { upstream, ctx };
}

interface Bench {
  readonly upstream: Upstream;
  readonly ctx: CompileContext;
}

function requestOf(ip: string, headers: Readonly<Record<string, string>> = {}): TemplateSource {
  return { head: headOf({ headers }), path: '/', clientIp: ip, requestId: '', routeName: 'r', consumer: null };
}

/** How many of so many requests each target gets. */
function countOf(upstream: Upstream, requests: number): readonly number[] {
  const picked = Array.from({ length: requests }, () => upstream.pick(null, null));
  return upstream.targets.map((target) => picked.filter((one) => one === target).length);
}

function at(upstream: Upstream, index: number): Target {
  const target = upstream.targets[index];
  assert.ok(target !== undefined);
  return target;
}

describe('the balance of an upstream', () => {
  test('is in turn by weight, under either name', (t) => {
    for (const balance of ['round-robin', 'weighted']) {
      const { upstream } = compile(t, { balance });
      assert.deepEqual(countOf(upstream, 40), [10, 10, 20], balance);
      assert.equal(upstream.watch, null);
    }
  });

  test('is by chance', (t) => {
    const { upstream } = compile(t, { balance: 'random' });
    assert.equal(upstream.explain(null).reason, 'by chance, by weight');
    assert.equal(upstream.watch, null);
  });

  test('is by requests in flight', (t) => {
    const { upstream } = compile(t, { balance: 'least-requests' });
    for (let request = 0; request < 8; request += 1) {
      const target = upstream.pick(null, null);
      if (target !== null) upstream.watch?.onBegin(target);
    }
    assert.deepEqual(
      upstream.explain(null).targets.map(({ load }) => load),
      [2, 2, 4],
    );
    assert.ok(upstream.explain(null).targets.every(({ costMs }) => costMs === null));
  });

  test('is by time and requests in flight', (t) => {
    const { upstream } = compile(t, { balance: 'p2c', targets: ['http://127.0.0.1:1', 'http://127.0.0.1:2'] });
    upstream.watch?.onAnswer(at(upstream, 0), 5_000, false);
    upstream.watch?.onAnswer(at(upstream, 1), 1_000, false);
    assert.deepEqual(countOf(upstream, 10), [0, 10]);
    for (let request = 0; request < 6; request += 1) upstream.watch?.onBegin(at(upstream, 1));
    assert.deepEqual(countOf(upstream, 10), [10, 0]);
  });

  test('is by a hash, which the loads of the whole upstream bound', (t) => {
    const { upstream } = compile(t, { balance: { hash: 'header:X-User', load_factor: 1 } });
    const request = requestOf('10.0.0.1', { 'X-User': 'ada' });
    const own = upstream.pick(request, null);
    assert.ok(own !== null);
    assert.equal(upstream.pick(requestOf('10.0.0.2', { 'X-User': 'ada' }), null), own);
    for (let count = 0; count < 12; count += 1) {
      const target = upstream.pick(request, null);
      if (target !== null) upstream.watch?.onBegin(target);
    }
    assert.deepEqual(
      upstream.explain(request).targets.map(({ load }) => load),
      [3, 3, 6],
    );
  });

  test('is the same hash in gateways with one secret, and another in each without', (t) => {
    const clients = Array.from({ length: 200 }, (_, client) => requestOf(`10.0.0.${client}`));
    const assign = (balance: object) => {
      const { upstream } = compile(t, { balance });
      return clients.map((request) => upstream.pick(request, null)?.url);
    };
    const secret = 'sixteen letters!';
    assert.deepEqual(assign({ hash: 'ip', secret }), assign({ hash: 'ip', secret }));
    assert.notDeepEqual(assign({ hash: 'ip', secret }), assign({ hash: 'ip', secret: `${secret}!` }));
    assert.notDeepEqual(assign({ hash: 'ip' }), assign({ hash: 'ip' }));
  });
});

test('outliers are left out by the rules of their upstream, whatever the balance, and the log names it', (t) => {
  const logged: unknown[] = [];
  const ctx = createCompileContext(t);
  const host = {
    ...ctx.policies.host,
    logger: { log: (...line: readonly unknown[]) => void logged.push(line) },
  };
  const outliers = { consecutive_failures: 2, ejection_time: '3s', max_ejected: 0.4 };
  const { upstream } = compile(t, { outliers }, { ...ctx, policies: { ...ctx.policies, host } });
  for (const index of [0, 0, 1, 1]) upstream.watch?.onFailure(at(upstream, index));
  assert.deepEqual(countOf(upstream, 30), [0, 10, 20]);
  assert.deepEqual(logged, [
    [
      'warn',
      'a target fails and gets no requests for a while',
      { upstream: 'u', target: 'http://127.0.0.1:1', failuresInARow: 2, forMs: 3_000 },
    ],
  ]);
});

test('a target starts slowly where its upstream says so', (t) => {
  for (const [slowStart, counts] of [
    ['0s', [310, 310, 620]],
    ['10s', [40, 400, 800]],
  ] as const) {
    const { upstream, ctx } = compile(t, { slow_start: slowStart });
    const { slot } = at(upstream, 0);
    ctx.resources.targetStates.setHealth(slot, targetUnhealthy);
    ctx.resources.targetStates.setHealth(slot, targetHealthy);
    assert.deepEqual(countOf(upstream, 1_240), counts, slowStart);
  }
});
