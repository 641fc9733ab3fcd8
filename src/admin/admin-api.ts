import { OpenAPIHono } from '@hono/zod-openapi';
import type { Logger } from '../core/ports.ts';
import { refuse, type AdminEnv } from './admin-env.ts';
import { wantedKeySchema } from './api-key-schemas.ts';
import { requireCredentials } from './authentication.ts';
import { operations } from './endpoints/index.ts';
import { describeFieldErrors, listFieldErrors } from './field-errors.ts';
import type { GatewayView } from './gateway-view.ts';
import type { AdminApi } from './operation.ts';
import { refuseCrossSite, refuseLargeBody, refuseOtherBodies } from './request-guards.ts';

export interface AdminApiOptions {
  readonly view: GatewayView;
  readonly logger: Logger;
  /** Whether requests come straight from clients. */
  readonly direct: boolean;
}

/** The fields of all bodies that the API takes; there is one kind so far. */
const bodyFields = Object.keys(wantedKeySchema.shape);

/** Everything under `/admin`: what guards it, and its operations. */
export function createAdminApi({ view, logger, direct }: AdminApiOptions): AdminApi {
  const api: AdminApi = new OpenAPIHono<AdminEnv>({
    defaultHook: (result, ctx) => {
      if (result.success) return undefined;
      const errors = listFieldErrors(result.error.issues, bodyFields);
      return refuse(ctx, 'invalid_body', { detail: describeFieldErrors(errors), errors });
    },
  });
  api.use('/admin/*', refuseCrossSite({ view, direct }));
  api.use('/admin/*', requireCredentials({ expected: () => view.config.admin?.auth, clock: view.clock, logger }));
  api.use('/admin/*', refuseLargeBody, refuseOtherBodies);
  for (const addOperation of operations) addOperation(api, view);
  return api;
}
