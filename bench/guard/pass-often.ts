/**
 * Takes requests through the whole data plane, with nothing outside of the process: `node pass-often.ts KIND TIMES`, for
 * counting instructions. The kind is `passing` or `policies`.
 */
import { documentFromValue } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import { builtInPolicies } from '../../src/policies/index.ts';
import { SimulatedGateway } from '../../src/simulation/simulated-gateway.ts';

const unreached = { limit: '60000000/min', burst: 1_000_000_000 };
const policies = {
  keys: [{ name: 'bench', secret: 'key-bench' }],
  policies: [
    { api_key: { required: false } },
    { rate_limit: { by: 'ip', ...unreached, anonymous_only: true } },
    { rate_limit: { by: 'key', ...unreached } },
  ],
};

const [kind, times] = process.argv.slice(2);
const document = {
  listeners: [{ address: '127.0.0.1:0' }],
  upstreams: { backend: { targets: ['http://10.0.0.1:80'], health: false } },
  routes: [{ name: 'all', upstream: 'backend' }],
  ...(kind === 'policies' ? policies : {}),
};
const loaded = loadConfig(documentFromValue(document, 'guard'), builtInPolicies);
if (!('config' in loaded)) throw new Error(JSON.stringify(loaded.issues));
const gateway = new SimulatedGateway({
  config: loaded.config,
  policies: builtInPolicies,
  storedKeys: [],
  wallTimeMs: Date.UTC(2026, 0, 1),
});
const request = {
  method: 'GET',
  path: '/api/users/1',
  fields: [
    ['Host', '127.0.0.1:8080'],
    ['X-API-Key', 'key-bench'],
  ],
  body: null,
  clientIp: '192.0.2.1',
} as const;

for (let left = Number(times); left > 0; left -= 1) {
  const run = gateway.begin(request);
  await gateway.complete(run);
  if (run.outcome.status !== 200) throw new Error(`answered with ${run.outcome.status}`);
}
gateway.close();
