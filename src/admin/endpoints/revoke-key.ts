import { z } from '@hono/zod-openapi';
import { AdminRefusal } from '../admin-env.ts';
import { apiKeySchema, describeKey } from '../api-key-schemas.ts';
import { describeOperation, jsonAnswer, success, type AddOperation } from '../operation.ts';

const route = describeOperation(
  {
    method: 'post',
    path: '/admin/apikeys/{id}/revoke',
    operationId: 'revokeKey',
    summary: 'Make an API key useless, for good. It stays in the list.',
    request: { params: z.object({ id: z.string() }) },
    responses: {
      200: jsonAnswer(
        'The key is revoked.',
        z.strictObject({ status: success, message: z.string(), data: z.strictObject({ api_key: apiKeySchema }) }),
      ),
    },
  },
  [404, 503],
);

export const addRevokeKey: AddOperation = (api, view) => {
  api.openapi(route, async (ctx) => {
    const key = await view.keys.revoke(ctx.req.valid('param').id);
    if (key === null) throw new AdminRefusal('not_found', { detail: 'No API key has this id.' });
    const data = { api_key: describeKey(key, view.clock.wallTime()) };
    return ctx.json({ status: 'success' as const, message: 'API key revoked', data }, 200);
  });
};
