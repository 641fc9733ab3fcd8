import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlWord, noteFailure, phaseOpen, viewBreaker } from '../state/breaker-state.ts';
import { SharedClock } from '../state/shared-clock.ts';
import { createAdminBench, type AdminBench } from './fixtures/admin-bench.ts';
import { testWallTimeMs } from './fixtures/test-view.ts';

const closed = { state: 'closed', failures: 0, consecutive_successes: 0 };

/** Opens the breaker of an upstream as five failures would, the last of them a second ago. */
function trip({ state }: AdminBench, upstreamSlot: number): void {
  const breaker = viewBreaker(state, upstreamSlot);
  Atomics.store(breaker.words, controlWord, phaseOpen | 5);
  noteFailure(breaker, Math.round(new SharedClock(state).nowMicros() / 1_000) + 1_000);
}

interface ShownBreaker {
  readonly name: string;
  readonly state: string;
  readonly failures: number;
  readonly last_failure?: string;
}

async function listBreakers({ ask }: AdminBench): Promise<ShownBreaker[]> {
  const response = await ask('/admin/circuit-breakers');
  assert.equal(response.status, 200);
  const answer = (await response.json()) as { status: string; data: ShownBreaker[] };
  assert.equal(answer.status, 'success');
  return answer.data;
}

test('breakers are listed by upstream; one that never saw a failure has no last failure', async () => {
  const bench = createAdminBench();
  trip(bench, 1);
  const [pets, all] = await listBreakers(bench);
  assert.deepEqual(pets, { name: 'pets', ...closed });
  const { last_failure: lastFailure = '', ...rest } = all ?? { name: '' };
  assert.deepEqual(rest, { name: 'all', state: 'open', failures: 5, consecutive_successes: 0 });
  const aheadMs = Date.parse(lastFailure) - testWallTimeMs;
  assert.ok(aheadMs > 0 && aheadMs <= 1_001, lastFailure);
});

test('an upstream without a breaker does not appear', async () => {
  const bench = createAdminBench({
    upstreams: {
      pets: { targets: ['http://p:1', 'http://p:2'], breaker: false },
      all: { targets: ['http://a:1'] },
    },
  });
  assert.deepEqual(await listBreakers(bench), [{ name: 'all', ...closed }]);
  assert.equal((await bench.ask('/admin/circuit-breakers/pets/reset', { method: 'POST' })).status, 404);
});

test('one breaker is reset, and the others stay as they are', async () => {
  const bench = createAdminBench();
  trip(bench, 0);
  trip(bench, 1);
  const response = await bench.ask('/admin/circuit-breakers/all/reset', { method: 'POST' });
  assert.equal(response.status, 200);
  const answer = (await response.json()) as { status: string; data: ShownBreaker };
  assert.deepEqual([answer.status, answer.data.name, answer.data.state], ['success', 'all', 'closed']);
  assert.deepEqual(
    (await listBreakers(bench)).map(({ state }) => state),
    ['open', 'closed'],
  );
});

test('all breakers are reset at once', async () => {
  const bench = createAdminBench();
  trip(bench, 0);
  trip(bench, 1);
  const response = await bench.ask('/admin/circuit-breakers/reset', { method: 'POST' });
  assert.equal(response.status, 200);
  assert.deepEqual(
    (await listBreakers(bench)).map(({ state, failures }) => [state, failures]),
    [
      ['closed', 0],
      ['closed', 0],
    ],
  );
});

test('a name that no upstream has is 404, and is not repeated', async () => {
  for (const name of ['nosuch', '__proto__', 'reset']) {
    const response = await createAdminBench().ask(`/admin/circuit-breakers/${name}/reset`, { method: 'POST' });
    const text = await response.text();
    assert.equal(response.status, 404);
    assert.equal((JSON.parse(text) as { code: string }).code, 'not_found');
    assert.doesNotMatch(text, /nosuch|__proto__/);
  }
});
