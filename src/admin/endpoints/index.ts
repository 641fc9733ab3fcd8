import type { Endpoint } from '../endpoint.ts';
import { healthEndpoint } from './health.ts';
import { infoEndpoint } from './info.ts';
import { livezEndpoint } from './livez.ts';
import { metricsEndpoint } from './metrics.ts';
import { readyzEndpoint } from './readyz.ts';
import { servicesHealthEndpoint } from './services-health.ts';

/** The registry of the gateway's own endpoints. */
export const endpoints: readonly Endpoint[] = [
  livezEndpoint,
  readyzEndpoint,
  healthEndpoint,
  infoEndpoint,
  metricsEndpoint,
  servicesHealthEndpoint,
];
