import { randomUUID } from 'node:crypto';
import { Hono, type Context } from 'hono';
import { errorCodes, type ErrorCode } from '../core/error-codes.ts';
import type { Logger } from '../core/ports.ts';
import { problemBody } from '../core/problem.ts';
import { problemResponse } from './endpoint.ts';
import { endpoints } from './endpoints/index.ts';
import type { GatewayView } from './gateway-view.ts';

export interface AdminAppOptions {
  readonly view: GatewayView;
  readonly logger: Logger;
  /**
   * Whether requests come straight from clients. Those that come through a worker carry its request id, and the worker
   * puts that on the answer.
   */
  readonly direct: boolean;
}

interface AdminEnv {
  readonly Variables: { readonly requestId: string };
}

/** The gateway's own endpoints as a web application: its `fetch` turns a request into a response. */
export function createAdminApp({ view, logger, direct }: AdminAppOptions): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>();
  app.use(async (ctx, next) => {
    const requestId = requestIdOf(ctx.req.raw);
    ctx.set('requestId', requestId);
    await next();
    if (direct) ctx.res.headers.set('X-Request-Id', requestId);
  });
  for (const endpoint of endpoints) {
    app.get(endpoint.path, (ctx) => endpoint.answer(view, ctx.req.raw));
    app.all(endpoint.path, (ctx) => {
      const response = refuse(ctx, 'method_not_allowed', 'This path answers GET and HEAD only.');
      response.headers.set('Allow', 'GET, HEAD');
      return response;
    });
  }
  app.notFound((ctx) => refuse(ctx, 'route_not_found', 'The gateway has no endpoint at this path.'));
  app.onError((error, ctx) => {
    const requestId = ctx.get('requestId');
    logger.log('error', 'an endpoint of the gateway failed', { reason: error.message, stack: error.stack, requestId });
    return refuse(ctx, 'internal_error', 'This endpoint failed; the log of the gateway says why.');
  });
  return app;
}

function requestIdOf(request: Request): string {
  const given = request.headers.get('X-Request-Id');
  return given !== null && /^[!-~]{1,128}$/.test(given) ? given : randomUUID();
}

function refuse(ctx: Context<AdminEnv>, code: ErrorCode, detail: string): Response {
  return problemResponse(errorCodes[code].status, problemBody({ code, detail, requestId: ctx.get('requestId') }));
}
