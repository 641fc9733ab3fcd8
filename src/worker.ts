/** The entry of a worker thread: the composition root of the data plane, as `app.ts` is that of the control thread. */
import { isIPv6 } from 'node:net';
import { parentPort } from 'node:worker_threads';
import type { FromWorker } from './core/worker-messages.ts';
import { startWorker } from './data-plane/start-worker.ts';
import { loadPolicies } from './policies/custom-policies.ts';
import { createLimiters } from './stores/redis-limits.ts';
import { WorkerKeys } from './stores/worker-keys.ts';
import { watchStrayFailures } from './telemetry/stray-failures.ts';

watchStrayFailures({
  source: process,
  logger: {
    log: (level, message, fields = {}) =>
      parentPort?.postMessage({ kind: 'log', level, message, fields } satisfies FromWorker),
  },
  now: () => performance.now(),
  // What a listener throws ends a thread, which is told to the control thread.
  end: (error) => {
    throw error;
  },
});

// What the first listener would do, at a time when nobody waits for it yet: to load how processes share ports, and to
// compile the expression that addresses are told by, which the engine does in two steps.
process.getBuiltinModule('node:cluster');
for (const address of ['::', '::1']) isIPv6(address);

startWorker({
  loadPolicies,
  createKeys: (config, ask) => {
    const { keys: fixed, store, on_store_failure: onStoreFailure } = config;
    const keys = new WorkerKeys({ fixed, store, ask, rejectWhileAway: onStoreFailure === 'reject' });
    return {
      find: (secret, nowMs) => keys.find(secret, nowMs),
      onNews: (news) => keys.onNews(news),
      reconfigure: (committed) => keys.setFixed(committed.keys),
    };
  },
  // The control thread tells that the store is away, once for all workers.
  createLimiters: (config, shared, logger) =>
    createLimiters(config, shared, (up, reason) =>
      logger.log('debug', up ? 'limits are shared with other gateways' : 'limits are those of this gateway alone', {
        reason,
      }),
    ),
});
