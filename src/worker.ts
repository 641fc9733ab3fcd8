/** The entry of a worker thread: the composition root of the data plane, as `app.ts` is that of the control thread. */
import { startWorker } from './data-plane/start-worker.ts';
import { builtInPolicies } from './policies/index.ts';
import { StaticKeys } from './stores/static-keys.ts';

startWorker({ policies: builtInPolicies, createKeys: (config) => new StaticKeys(config.keys) });
