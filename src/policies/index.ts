import { trustPolicies, type PolicyDefinition } from '../core/policy.ts';
import { apiKey } from './api-key.ts';
import { basicAuth } from './basic-auth.ts';
import { bodyLimit } from './body-limit.ts';
import { cors } from './cors.ts';
import { headers } from './headers.ts';
import { ipAllow, ipDeny } from './ip-lists.ts';
import { rateLimit } from './rate-limit.ts';
import { requestId } from './request-id.ts';
import { respond } from './respond.ts';

/** The policies that the gateway brings, by the name that the configuration has for them. */
export const builtInPolicies = trustPolicies([
  apiKey,
  basicAuth,
  bodyLimit,
  cors,
  headers,
  ipAllow,
  ipDeny,
  rateLimit,
  requestId,
  respond,
] as const satisfies readonly PolicyDefinition[]);
