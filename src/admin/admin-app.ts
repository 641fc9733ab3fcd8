import { randomUUID } from 'node:crypto';
import { Hono, type Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Logger } from '../core/ports.ts';
import { StoreUnavailableError } from '../core/store-unavailable-error.ts';
import { createCidrSet } from '../lib/cidr.ts';
import { createAdminApi } from './admin-api.ts';
import { AdminRefusal, refuse, type AdminEnv } from './admin-env.ts';
import { isRequestId } from '../core/request-id.ts';
import { clientBehind, plainAddress } from '../lib/client-address.ts';
import { endpoints } from './endpoints/index.ts';
import type { GatewayView } from './gateway-view.ts';
import { memoise } from './memoise.ts';
import { refuseUnknownHosts } from './request-guards.ts';

export interface AdminAppOptions {
  readonly view: GatewayView;
  readonly logger: Logger;
  /**
   * Whether requests come straight from clients. Those that come through a worker carry its request id, which the worker
   * puts on the answer, and in `X-Forwarded-For` and `X-Forwarded-Host` what the worker knows of the client.
   */
  readonly direct: boolean;
}

/**
 * What is told is true only now, and is data for whoever asked: no browser keeps it, guesses at its type, runs or frames
 * anything of it, or hands it to a page of another site.
 */
const pageFields: readonly (readonly [name: string, value: string])[] = [
  ['Cache-Control', 'no-store'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Referrer-Policy', 'no-referrer'],
  ['X-Content-Type-Options', 'nosniff'],
];

/** The gateway's own endpoints as a web application: its `fetch` turns a request into a response. */
export function createAdminApp(options: AdminAppOptions): Hono<AdminEnv> {
  const { view, logger, direct } = options;
  const app = new Hono<AdminEnv>();
  const readTrusted = memoise(createCidrSet);
  app.use(async (ctx, next) => {
    const requestId = requestIdOf(ctx.req.raw);
    ctx.set('requestId', requestId);
    ctx.set(
      'clientIp',
      direct
        ? plainAddress(ctx.env?.incoming?.socket.remoteAddress)
        : clientBehind('', ctx.req.header('X-Forwarded-For') ?? '', readTrusted(view.config.trusted_proxies)),
    );
    await next();
    for (const [name, value] of pageFields) ctx.res.headers.set(name, value);
    if (direct) ctx.res.headers.set('X-Request-Id', requestId);
  });
  app.use(refuseUnknownHosts({ view, direct }));
  for (const endpoint of endpoints) app.get(endpoint.path, (ctx) => endpoint.answer(view, ctx.req.raw));
  app.route('/', createAdminApi(options));
  refuseOtherMethods(app);
  app.notFound((ctx) => refuse(ctx, 'route_not_found', { detail: 'The gateway has no endpoint at this path.' }));
  app.onError((error, ctx) => answerError(error, ctx, logger));
  return app;
}

function requestIdOf(request: Request): string {
  const given = request.headers.get('X-Request-Id');
  return given !== null && isRequestId(given) ? given : randomUUID();
}

/** For every path that has an endpoint, the methods that it has none for. */
function refuseOtherMethods(app: Hono<AdminEnv>): void {
  const methodsByPath = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === 'ALL') continue;
    const methods = methodsByPath.get(path) ?? new Set();
    // What answers GET answers HEAD too.
    for (const name of method === 'GET' ? ['GET', 'HEAD'] : [method]) methods.add(name);
    methodsByPath.set(path, methods);
  }
  for (const [path, methods] of methodsByPath) {
    const allowed = [...methods];
    app.all(path, (ctx) => {
      const detail = `This path answers ${allowed.join(' and ')} only.`;
      const response = refuse(ctx, 'method_not_allowed', { detail });
      response.headers.set('Allow', allowed.join(', '));
      return response;
    });
  }
}

function answerError(error: Error, ctx: Context<AdminEnv>, logger: Logger): Response {
  if (error instanceof AdminRefusal) return refuse(ctx, error.code, error.text);
  // The library says so of a body that it cannot read.
  if (error instanceof HTTPException && error.status < 500) {
    return refuse(ctx, 'invalid_body', { detail: 'The body is not well-formed JSON.' });
  }
  const requestId = ctx.get('requestId');
  if (error instanceof StoreUnavailableError) {
    logger.log('warn', 'an endpoint could not reach the store of API keys', { reason: error.message, requestId });
    const response = refuse(ctx, 'key_store_unavailable', {
      detail: 'The store of API keys does not answer. Try again.',
    });
    response.headers.set('Retry-After', '1');
    return response;
  }
  // A client that leaves while it sends its body is no failure of the endpoint's.
  if (ctx.env?.incoming?.destroyed === true) return refuse(ctx, 'invalid_body', { detail: 'The body is not whole.' });
  logger.log('error', 'an endpoint of the gateway failed', { reason: error.message, stack: error.stack, requestId });
  return refuse(ctx, 'internal_error', { detail: 'This endpoint failed; the log of the gateway says why.' });
}
