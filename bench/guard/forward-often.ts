/**
 * Brings as many requests through the data plane as the parameter says, with a key, limits, metrics and a line for the
 * access log, and with no system calls: for counting instructions.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { documentFromValue } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ClientConnection } from '../../src/data-plane/client-connection.ts';
import { ExchangeStock } from '../../src/data-plane/exchange-stock.ts';
import { TimerWheel } from '../../src/lib/timer-wheel.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { ManualClock } from '../../src/simulation/manual-clock.ts';
import { createSimulatedWorker } from '../../src/simulation/simulated-worker.ts';
import { StaticKeys } from '../../src/stores/static-keys.ts';
import type { LogFile } from '../../src/telemetry/log-file.ts';
import { Pool } from '../../src/upstream/pool.ts';
import { requestWithKey, response, responseBody } from '../micro/sample-messages.ts';
import { MemoryWire } from './memory-wire.ts';

const secret = /X-API-Key: (\S+)/.exec(requestWithKey.toString('latin1'))?.[1];
const unreached = { limit: '60000000/min', burst: 1_000_000_000 };
const document = {
  listeners: [{ address: '127.0.0.1:8080' }],
  upstreams: { backend: { targets: ['http://192.0.2.1:9000'] } },
  routes: [{ name: 'all', upstream: 'backend' }],
  keys: [{ name: 'bench', secret }],
  policies: [
    { api_key: { required: true } },
    { rate_limit: { by: 'ip', ...unreached, anonymous_only: true } },
    { rate_limit: { by: 'key', ...unreached } },
  ],
};
const answer = Buffer.concat([response, responseBody]);
/** Between one event and the next, so that limits fill again. */
const stepMs = 0.05;

const loaded = loadConfig(documentFromValue(document, 'guard'), builtInPolicies);
if ('issues' in loaded) throw new Error('the configuration is not accepted');
const clock = new ManualClock(Date.UTC(2026, 0, 1));
const target = new MemoryWire();
const client = new MemoryWire();
const { ctx } = createSimulatedWorker({
  config: loaded.config,
  policies: builtInPolicies,
  keys: new StaticKeys(loaded.config.keys),
  clock,
  wheel: new TimerWheel({ tickMs: 1_000, clock: () => clock.now() }),
  logger: { log: () => undefined },
  createPool: (_key, init) => new Pool({ ...init, openSocket: () => target.socket }),
});
// Lines are made, and go nowhere: to keep them and to write them is no matter of each request.
ctx.accessLog = { append: () => undefined } as unknown as LogFile;

/** Resolves when so many requests have been answered. */
async function forward(times: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = times;
  let isAsked = false;
  const step = (): void => {
    clock.moveTo(clock.now() + stepMs);
    if (isAsked) target.receive(answer);
    else if (left === 0) return resolve();
    else client.receive(requestWithKey);
    if (isAsked) left -= 1;
    isAsked = !isAsked;
    // What is written at the end of this turn is written before that.
    setImmediate(step);
  };
  step();
  await promise;
}

new ClientConnection(client.socket, ctx, new ExchangeStock(ctx)).start();
client.receive(requestWithKey);
target.connected();
await nextTurn();
target.receive(answer);
await nextTurn();
const times = Number(process.argv[2]);
await forward(times);
if (client.writes !== times + 1 || target.writes !== times + 1) {
  throw new Error(`${times + 1} requests, ${target.writes} sent on and ${client.writes} answered`);
}
