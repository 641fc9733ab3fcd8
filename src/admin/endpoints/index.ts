import type { Endpoint } from '../endpoint.ts';
import type { AddOperation } from '../operation.ts';
import { addConfigStatus } from './config-status.ts';
import { addCreateKey } from './create-key.ts';
import { addDeleteKey } from './delete-key.ts';
import { addExplainRequest } from './explain-request.ts';
import { healthEndpoint } from './health.ts';
import { infoEndpoint } from './info.ts';
import { addListBreakers } from './list-breakers.ts';
import { addListKeys } from './list-keys.ts';
import { livezEndpoint } from './livez.ts';
import { metricsEndpoint } from './metrics.ts';
import { addOpenApiDocument } from './openapi.ts';
import { readyzEndpoint } from './readyz.ts';
import { addReloadConfig } from './reload-config.ts';
import { addResetAllBreakers } from './reset-all-breakers.ts';
import { addResetBreaker } from './reset-breaker.ts';
import { addRevokeKey } from './revoke-key.ts';
import { servicesHealthEndpoint } from './services-health.ts';

/** The registry of the gateway's own endpoints that anybody may read. */
export const endpoints: readonly Endpoint[] = [
  livezEndpoint,
  readyzEndpoint,
  healthEndpoint,
  infoEndpoint,
  metricsEndpoint,
  servicesHealthEndpoint,
];

/** The registry of the admin API, everything under `/admin`. */
export const operations: readonly AddOperation[] = [
  addListKeys,
  addCreateKey,
  addRevokeKey,
  addDeleteKey,
  addListBreakers,
  addResetAllBreakers,
  addResetBreaker,
  addConfigStatus,
  addReloadConfig,
  addExplainRequest,
  addOpenApiDocument,
];
