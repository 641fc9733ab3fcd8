import { z } from '@hono/zod-openapi';
import { configStatusSchema, describeConfigStatus } from '../config-schemas.ts';
import { describeOperation, jsonAnswer, success, type AddOperation } from '../operation.ts';

const route = describeOperation(
  {
    method: 'get',
    path: '/admin/config',
    operationId: 'getConfigStatus',
    summary: 'Tell which configuration is served, by which workers, and what was wrong with the last one.',
    responses: {
      200: jsonAnswer('The state of the configuration.', z.strictObject({ status: success, data: configStatusSchema })),
    },
  },
  [],
);

export const addConfigStatus: AddOperation = (api, view) => {
  api.openapi(route, (ctx) => ctx.json({ status: 'success' as const, data: describeConfigStatus(view) }, 200));
};
