import type { PolicyDefinition } from '../core/policy.ts';
import { apiKey } from './api-key.ts';
import { cors } from './cors.ts';
import { rateLimit } from './rate-limit.ts';

/** The policies that the gateway brings, by the name that the configuration has for them. */
export const builtInPolicies = [apiKey, cors, rateLimit] as const satisfies readonly PolicyDefinition[];
