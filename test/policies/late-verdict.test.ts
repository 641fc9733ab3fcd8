import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { documentFromValue } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import { definePolicy } from '../../src/core/policy.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { SimulatedGateway } from '../../src/simulation/simulated-gateway.ts';

test('a policy that decides after its client is gone still knows which request that was', async () => {
  const gate = Promise.withResolvers<void>();
  const seen: string[] = [];
  const late = definePolicy({
    name: 'late',
    summary: 'Waits.',
    options: ({ section }) => section({}),
    create: () => ({
      onRequest: async (exchange) => {
        seen.push(exchange.requestId);
        await gate.promise;
        seen.push(exchange.requestId);
        return undefined;
      },
    }),
  });
  const policies = [...builtInPolicies, late];
  const document = {
    listeners: [{ address: '127.0.0.1:8080' }],
    upstreams: { backend: { targets: ['http://192.0.2.1:9000'] } },
    routes: [{ name: 'all', upstream: 'backend', policies: [{ late: {} }] }],
  };
  const loaded = loadConfig(documentFromValue(document, 'test'), policies);
  assert.ok('config' in loaded);
  const { config } = loaded;
  const gateway = new SimulatedGateway({ config, policies, storedKeys: [], wallTimeMs: Date.UTC(2026, 0, 1) });
  const request = { method: 'GET', path: '/', fields: [['Host', 'a']], body: null, clientIp: '192.0.2.7' } as const;
  const run = gateway.begin(request);
  for (let turns = 0; turns < 5; turns += 1) await nextTurn();
  const settled = gateway.settle();
  while (seen.length === 0) await nextTurn();
  run.giveUp();
  // Its exchange may not be another request's by then, nor have forgotten this one.
  const other = gateway.begin(request);
  while (seen.length < 2) await nextTurn();
  gate.resolve();
  await settled;
  await gateway.complete(other);
  const [first = '', second = '', ...after] = seen;
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.notEqual(second, first);
  assert.deepEqual(after, [first, second]);
  assert.equal(other.outcome.status, 200);
  await gateway.close();
});
