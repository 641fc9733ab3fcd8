import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FindKey } from '../core/worker-messages.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { TimerWheel } from '../lib/timer-wheel.ts';
import { KeyAsker } from './key-asker.ts';

const key = {
  id: '0123456789abcdef',
  name: 'app',
  sha256: 'a',
  rateLimit: null,
  permissions: [],
  createdAt: 0,
  expiresAt: null,
  revokedAt: null,
};

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function createBench() {
  const sent: FindKey[] = [];
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const wheel = new TimerWheel({ tickMs: 20, clock: clock.now });
  const asker = new KeyAsker({ send: (question) => sent.push(question), wheel, clock });
  return { sent, clock, wheel, asker };
}

test('what is asked for in one turn goes in one message, and each gets its own answer', async () => {
  const { asker, sent, wheel } = createBench();
  const asked = ['a', 'b', 'c'].map((sha256) => asker.ask(sha256));
  assert.deepEqual(sent, []);
  await nextTurn();
  assert.deepEqual(sent, [{ kind: 'find-key', ask: 1, sha256: ['a', 'b', 'c'] }]);
  const later = asker.ask('d');
  asker.receive({ kind: 'key-found', ask: 1, keys: [key, null, 'unknown'] });
  const [found, missing, unknown] = await Promise.allSettled(asked);
  assert.deepEqual(found, { status: 'fulfilled', value: key });
  assert.deepEqual(missing, { status: 'fulfilled', value: null });
  assert.ok(unknown?.status === 'rejected' && unknown.reason instanceof StoreUnavailableError);
  await nextTurn();
  assert.deepEqual(sent.slice(1), [{ kind: 'find-key', ask: 2, sha256: ['d'] }]);
  asker.receive({ kind: 'key-found', ask: 2, keys: [key] });
  assert.equal(await later, key);
  wheel.stop();
});

test('nobody waits for longer than two seconds, and an answer that comes later is nobody’s', async () => {
  const { asker, clock, wheel } = createBench();
  const asked = asker.ask('a');
  await nextTurn();
  // The wheel looks at its clock when its timer comes by.
  clock.nowMs = 2_100;
  await assert.rejects(asked, StoreUnavailableError);
  asker.receive({ kind: 'key-found', ask: 1, keys: [null] });
  wheel.stop();
});
