import { z } from '@hono/zod-openapi';
import { AdminRefusal } from '../admin-env.ts';
import { describeOperation, jsonAnswer, success, type AddOperation } from '../operation.ts';

const route = describeOperation(
  {
    method: 'delete',
    path: '/admin/apikeys/{id}',
    operationId: 'deleteKey',
    summary: 'Make an API key useless, and forget it.',
    request: { params: z.object({ id: z.string() }) },
    responses: {
      200: jsonAnswer(
        'The key is deleted.',
        z.strictObject({ status: success, message: z.string(), data: z.strictObject({ id: z.string() }) }),
      ),
    },
  },
  [404, 503],
);

export const addDeleteKey: AddOperation = (api, view) => {
  api.openapi(route, async (ctx) => {
    const key = await view.keys.delete(ctx.req.valid('param').id);
    if (key === null) throw new AdminRefusal('not_found', { detail: 'No API key has this id.' });
    return ctx.json({ status: 'success' as const, message: 'API key deleted', data: { id: key.id } }, 200);
  });
};
