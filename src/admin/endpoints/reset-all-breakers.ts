import { z } from '@hono/zod-openapi';
import { breakerSchema, describeBreaker } from '../breaker-schema.ts';
import { describeOperation, jsonAnswer, success, type AddOperation } from '../operation.ts';

const route = describeOperation(
  {
    method: 'post',
    path: '/admin/circuit-breakers/reset',
    operationId: 'resetAllCircuitBreakers',
    summary: 'Close all circuit breakers, with all counts at 0.',
    responses: {
      200: jsonAnswer(
        'They are closed.',
        z.strictObject({ status: success, message: z.string(), data: z.array(breakerSchema) }),
      ),
    },
  },
  [],
);

export const addResetAllBreakers: AddOperation = (api, view) => {
  api.openapi(route, (ctx) => {
    for (const { name } of view.breakers.list()) view.breakers.reset(name);
    const message = 'All circuit breakers have been reset';
    return ctx.json({ status: 'success' as const, message, data: view.breakers.list().map(describeBreaker) }, 200);
  });
};
