import { z } from '@hono/zod-openapi';
import { breakerSchema, describeBreaker } from '../breaker-schema.ts';
import { describeOperation, jsonAnswer, success, type AddOperation } from '../operation.ts';

const route = describeOperation(
  {
    method: 'get',
    path: '/admin/circuit-breakers',
    operationId: 'listCircuitBreakers',
    summary: 'List the circuit breakers of all upstreams that have one.',
    responses: {
      200: jsonAnswer('All circuit breakers.', z.strictObject({ status: success, data: z.array(breakerSchema) })),
    },
  },
  [],
);

export const addListBreakers: AddOperation = (api, view) => {
  api.openapi(route, (ctx) =>
    ctx.json({ status: 'success' as const, data: view.breakers.list().map(describeBreaker) }, 200),
  );
};
