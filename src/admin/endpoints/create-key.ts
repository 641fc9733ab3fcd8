import { z } from '@hono/zod-openapi';
import { AdminRefusal } from '../admin-env.ts';
import { apiKeySchema, describeKey, wantedKeySchema } from '../api-key-schemas.ts';
import { describeFieldErrors } from '../field-errors.ts';
import { describeOperation, jsonAnswer, success, type AddOperation } from '../operation.ts';
import { readWantedKey, warnOfPermissions } from '../wanted-key.ts';

const route = describeOperation(
  {
    method: 'post',
    path: '/admin/apikeys',
    operationId: 'createKey',
    summary: 'Make an API key. Its secret is in the answer, and nowhere else.',
    request: { body: { required: true, content: { 'application/json': { schema: wantedKeySchema } } } },
    responses: {
      201: jsonAnswer(
        'The key has been made.',
        z.strictObject({
          status: success,
          message: z.string(),
          data: z.strictObject({ api_key: apiKeySchema, raw_key: z.string() }),
          warnings: z
            .array(z.string())
            .optional()
            .openapi({ description: 'Permissions that no route of this gateway goes by at this moment.' }),
        }),
      ),
    },
  },
  [400, 503],
);

export const addCreateKey: AddOperation = (api, view) => {
  api.openapi(route, async (ctx) => {
    const nowMs = view.clock.wallTime();
    const wanted = readWantedKey(ctx.req.valid('json'), nowMs);
    if ('field' in wanted) {
      throw new AdminRefusal('invalid_body', { detail: describeFieldErrors([wanted]), errors: [wanted] });
    }
    const { key, secret } = await view.keys.create(wanted);
    const routes = view.config.routes.map((configured) => configured.name);
    const warnings = warnOfPermissions(wanted.permissions, routes);
    const answer = {
      status: 'success' as const,
      message: "API key created. Save the raw_key - it won't be shown again!",
      data: { api_key: describeKey(key, nowMs), raw_key: secret },
      ...(warnings.length === 0 ? {} : { warnings }),
    };
    return ctx.json(answer, 201);
  });
};
