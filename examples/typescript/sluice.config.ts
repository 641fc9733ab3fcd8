// A service for each team, in TypeScript: what they have in common is said once, and a route to a service that is not there
// does not compile. Try it with a mock backend:
//   bin/sluice backend --port 8081
//   bin/sluice run examples/typescript/sluice.config.ts
//   curl -i http://127.0.0.1:8080/orders/api/data
//   bin/sluice config print examples/typescript/sluice.config.ts
import { defineConfig } from 'sluice';
import { createRoute, createUpstream } from './shared-parts.ts';

export const config = defineConfig({
  listeners: [{ address: '127.0.0.1:8080' }],
  upstreams: {
    orders: createUpstream(8081),
    billing: createUpstream(8082),
    reports: createUpstream(8083, '20s'),
    site: { targets: ['http://127.0.0.1:8081'] },
  },
  routes: [
    createRoute('orders', '600/min'),
    createRoute('billing', '60/min'),
    createRoute('reports', '10/min'),
    { name: 'site', policies: [{ cors: {} }], upstream: 'site' },
  ],
});
