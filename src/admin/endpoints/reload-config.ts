import { z } from '@hono/zod-openapi';
import { recordIssues } from '../../config/issue-record.ts';
import { AdminRefusal } from '../admin-env.ts';
import { configStatusSchema, describeConfigStatus } from '../config-schemas.ts';
import { describeOperation, jsonAnswer, success, type AddOperation } from '../operation.ts';

const route = describeOperation(
  {
    method: 'post',
    path: '/admin/config/reload',
    operationId: 'reloadConfig',
    summary: 'Load the configuration again, and answer when every worker serves it.',
    responses: {
      200: jsonAnswer(
        'It is served. Where nothing has changed, its version is the same as before.',
        z.strictObject({ status: success, message: z.string(), data: configStatusSchema }),
      ),
    },
  },
  [422],
);

export const addReloadConfig: AddOperation = (api, view) => {
  api.openapi(route, async (ctx) => {
    const before = view.configVersion;
    const issues = await view.configuration.reload();
    if (issues !== null) {
      const detail =
        issues.length === 1
          ? 'One thing is wrong with the configuration, see "issues". The one that was served stays in use.'
          : `${issues.length} things are wrong with the configuration, see "issues". The one that was served stays in use.`;
      throw new AdminRefusal('config_refused', { detail, issues: recordIssues(issues) });
    }
    const message = view.configVersion === before ? 'The configuration is as it was' : 'The configuration is served';
    return ctx.json({ status: 'success' as const, message, data: describeConfigStatus(view) }, 200);
  });
};
