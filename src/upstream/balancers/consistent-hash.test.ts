import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSubject } from '../../core/subject.ts';
import type { TemplateSource } from '../../core/template.ts';
import { targetHealthy, targetUnhealthy } from '../../state/target-states.ts';
import { UpstreamBench, usualOutliers, type BenchOptions } from '../fixtures/upstream-bench.ts';
import { requestWith } from '../fixtures/request-source.ts';
import { ConsistentHash } from './consistent-hash.ts';

interface HashBenchOptions extends BenchOptions {
  readonly by?: string;
  readonly loadFactor?: number;
  readonly seed?: number;
}

function createBench(names: string, { by = 'ip', loadFactor = 1.25, seed = 5, ...options }: HashBenchOptions = {}) {
  const subject = parseSubject(by);
  assert.ok(subject !== undefined);
  return new UpstreamBench(names, {
    ...options,
    createBalancer: ({ targets, loads, upstreamLoads, upstreamSlot }) =>
      new ConsistentHash({
        targets,
        subject,
        loadFactor,
        loads: { targets: loads, upstreams: upstreamLoads, upstreamSlot },
        seed: { high: seed, low: ~seed },
      }),
  });
}

const clients = Array.from({ length: 1_000 }, (_, client) => `10.0.${client >> 8}.${client & 255}`);

/** The targets of all clients, none of whose requests are in flight. */
function assign(bench: UpstreamBench): readonly string[] {
  return clients.map((ip) => bench.upstream.pick(requestWith({ ip }), null)?.authority ?? '-');
}

function pickFor(bench: UpstreamBench, request: TemplateSource): string {
  return bench.upstream.pick(request, null)?.authority ?? '-';
}

test('a client has one target, and all targets have clients', () => {
  const bench = createBench('abcd');
  const first = assign(bench);
  assert.deepEqual(assign(bench), first);
  for (const name of 'abcd') {
    const count = first.filter((target) => target === name).length;
    assert.ok(count > 150 && count < 350, `${name} has ${count} clients`);
  }
});

test('another worker chooses the same, another secret does not', () => {
  const first = assign(createBench('abcd'));
  assert.deepEqual(assign(createBench('abcd')), first);
  const other = assign(createBench('abcd', { seed: 6 }));
  assert.ok(other.filter((target, client) => target !== first[client]).length > 600);
});

test('when a target is unhealthy only its own clients move, and they come back', () => {
  const bench = createBench('abcde');
  const before = assign(bench);
  for (const ill of 'abcde') {
    bench.setHealth(ill, targetUnhealthy);
    const meanwhile = assign(bench);
    const heirs = new Set<string>();
    for (const [client, target] of before.entries()) {
      if (target === ill) heirs.add(meanwhile[client] ?? '');
      else assert.equal(meanwhile[client], target);
    }
    assert.deepEqual([...heirs].toSorted().join(''), 'abcde'.replace(ill, ''));
    bench.setHealth(ill, targetHealthy);
    assert.deepEqual(assign(bench), before);
  }
});

test('a target that is left out, or that the request was at, is passed over likewise', () => {
  const bench = createBench('abc', { outliers: usualOutliers });
  const request = requestWith({ ip: '192.0.2.7' });
  const own = bench.upstream.pick(request, null);
  assert.ok(own !== null);
  const next = bench.upstream.pick(request, [own]);
  assert.ok(next !== null && next !== own);
  bench.fail(own.authority, 3);
  assert.equal(bench.upstream.pick(request, null), next);
});

test('a slow start does not change whose client one is', () => {
  const bench = createBench('abc', { slowStartMs: 10_000 });
  const before = assign(bench);
  bench.setHealth('b', targetUnhealthy);
  bench.setHealth('b', targetHealthy);
  assert.deepEqual(assign(bench), before);
});

test('no target has more in flight than the bound allows, and the clients in excess go to the next ones', () => {
  for (const loadFactor of [1, 1.25, 2]) {
    const bench = createBench('abcd', { loadFactor, weights: [1, 2, 1, 1] });
    // All of one client: without a bound one target would have them all.
    const request = requestWith({ ip: '192.0.2.1' });
    for (let count = 1; count <= 100; count += 1) {
      bench.load(pickFor(bench, request), 1);
      for (const { slot, weight, authority } of bench.targets) {
        const most = Math.ceil((loadFactor * count * weight) / 5);
        assert.ok(bench.loads.of(slot) <= most, `${authority} has ${bench.loads.of(slot)} of ${count}`);
      }
    }
    assert.ok(bench.targets.every(({ slot }) => bench.loads.of(slot) > 0) || loadFactor > 1.5);
  }
});

test('the bound is one of the fit targets: those that are ill have no share of it', () => {
  const bench = createBench('abcd', { loadFactor: 1 });
  bench.setHealth('bcd', targetUnhealthy);
  bench.setHealth('b', targetHealthy);
  for (let count = 0; count < 40; count += 1) bench.load(pickFor(bench, requestWith({ ip: '192.0.2.1' })), 1);
  assert.deepEqual(
    bench.targets.map(({ slot }) => bench.loads.of(slot)),
    [20, 20, 0, 0],
  );
});

test('a header, a cookie or the path decide as well', () => {
  for (const [by, first, second] of [
    [
      'header:X-User',
      requestWith({ headers: { 'X-User': 'ada' } }),
      requestWith({ headers: { 'x-user': 'ada' }, ip: '10.9.9.9' }),
    ],
    [
      'cookie:session',
      requestWith({ headers: { Cookie: 'a=b; session=1f' } }),
      requestWith({ headers: { Cookie: 'session=1f' }, ip: '10.9.9.9' }),
    ],
    ['path', requestWith({ path: '/images/1' }), requestWith({ path: '/images/1', ip: '10.9.9.9' })],
  ] as const) {
    const bench = createBench('abcdefgh', { by });
    assert.equal(pickFor(bench, first), pickFor(bench, second), by);
    const values = Array.from({ length: 200 }, (_, value) =>
      requestWith({ path: `/${value}`, headers: { 'X-User': `u${value}`, Cookie: `session=${value}` } }),
    );
    assert.equal(new Set(values.map((request) => pickFor(bench, request))).size, 8, by);
  }
});

test('a request without the header or the cookie goes by the address of its client', () => {
  const byAddress = assign(createBench('abcd'));
  for (const by of ['header:X-User', 'cookie:session'])
    assert.deepEqual(assign(createBench('abcd', { by })), byAddress);
});

test('the next one is told, with why', () => {
  const bench = createBench('abc', { by: 'cookie:session' });
  const request = requestWith({ headers: { Cookie: 'session=1' } });
  const own = pickFor(bench, request);
  const first = bench.upstream.explain(request);
  assert.deepEqual([first.next?.authority, first.reason], [own, 'by the hash of the cookie session']);
  bench.load(own, 5);
  const second = bench.upstream.explain(request);
  assert.equal(second.next?.authority, pickFor(bench, request));
  assert.notEqual(second.next?.authority, own);
  assert.equal(second.reason, 'next by the hash of the cookie session: the first one has no room');
});
