import { z } from '@hono/zod-openapi';
import { apiKeySchema, describeKey } from '../api-key-schemas.ts';
import { describeOperation, jsonAnswer, success, type AddOperation } from '../operation.ts';

const route = describeOperation(
  {
    method: 'get',
    path: '/admin/apikeys',
    operationId: 'listKeys',
    summary: 'List all API keys, the newest first.',
    responses: { 200: jsonAnswer('All keys.', z.strictObject({ status: success, data: z.array(apiKeySchema) })) },
  },
  [503],
);

export const addListKeys: AddOperation = (api, view) => {
  api.openapi(route, async (ctx) => {
    const keys = await view.keys.list();
    const nowMs = view.clock.wallTime();
    return ctx.json({ status: 'success' as const, data: keys.map((key) => describeKey(key, nowMs)) }, 200);
  });
};
