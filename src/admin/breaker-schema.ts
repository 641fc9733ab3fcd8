import { z } from '@hono/zod-openapi';
import type { NamedBreaker } from './gateway-ports.ts';

export const breakerSchema = z
  .strictObject({
    name: z.string().openapi({ description: 'The name of the upstream.' }),
    state: z.enum(['closed', 'open', 'half-open']),
    failures: z.int().openapi({ description: 'In a row while closed; while open, those that opened it.' }),
    consecutive_successes: z.int(),
    last_failure: z.iso.datetime().optional().openapi({ description: 'Absent when nothing failed yet.' }),
  })
  .openapi('CircuitBreaker');

export function describeBreaker(breaker: NamedBreaker): z.output<typeof breakerSchema> {
  const { name, state, failures, consecutiveSuccesses, lastFailureMs } = breaker;
  const last = lastFailureMs === null ? {} : { last_failure: new Date(lastFailureMs).toISOString() };
  return { name, state, failures, consecutive_successes: consecutiveSuccesses, ...last };
}
