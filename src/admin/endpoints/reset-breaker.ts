import { z } from '@hono/zod-openapi';
import { AdminRefusal } from '../admin-env.ts';
import { breakerSchema, describeBreaker } from '../breaker-schema.ts';
import { describeOperation, jsonAnswer, success, type AddOperation } from '../operation.ts';

const route = describeOperation(
  {
    method: 'post',
    path: '/admin/circuit-breakers/{name}/reset',
    operationId: 'resetCircuitBreaker',
    summary: 'Close the circuit breaker of an upstream, with all counts at 0.',
    request: { params: z.object({ name: z.string() }) },
    responses: {
      200: jsonAnswer('It is closed.', z.strictObject({ status: success, message: z.string(), data: breakerSchema })),
    },
  },
  [404],
);

export const addResetBreaker: AddOperation = (api, view) => {
  api.openapi(route, (ctx) => {
    const breaker = view.breakers.reset(ctx.req.valid('param').name);
    if (breaker === null) throw new AdminRefusal('not_found', { detail: 'No circuit breaker has this name.' });
    const message = 'The circuit breaker has been reset';
    return ctx.json({ status: 'success' as const, message, data: describeBreaker(breaker) }, 200);
  });
};
