import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { refuse, type AdminEnv } from './admin-env.ts';
import type { GatewayView } from './gateway-view.ts';
import { isKnownHost } from './known-host.ts';

const largestBodyBytes = 64 * 1_024;
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface GuardOptions {
  readonly view: GatewayView;
  /** Whether requests come straight from clients, and not through a worker. */
  readonly direct: boolean;
}

/**
 * Refuses a request that names a host which is not known to be the gateway's. A page can have its own name lead to the
 * address of the gateway (DNS rebinding), and is of the same site then for its visitor's browser. Probes are left out:
 * they tell nothing, and orchestrators ask them by whatever name. On the main listeners, which are reached by public
 * names, only `/admin` is guarded, and only where `admin.hosts` says by which names.
 */
export function refuseUnknownHosts({ view, direct }: GuardOptions) {
  return createMiddleware<AdminEnv>(async (ctx, next) => {
    const { admin } = view.config;
    const { path } = ctx.req;
    const isGuarded = direct
      ? path !== '/livez' && path !== '/readyz'
      : admin !== null && admin.hosts.length > 0 && (path === '/admin' || path.startsWith('/admin/'));
    const host = askedHost(ctx, direct);
    // A browser always names one.
    if (!isGuarded || host === '' || isKnownHost(host, admin)) return await next();
    return refuse(ctx, 'unknown_admin_host');
  });
}

/** A worker asks for `localhost` and says in a field of its own what its client asked for. */
function askedHost(ctx: Context<AdminEnv>, direct: boolean): string {
  return ctx.req.header(direct ? 'Host' : 'X-Forwarded-Host') ?? '';
}

/**
 * Refuses what a page of another site makes a browser send, with credentials that the browser knows: browsers say where
 * a request comes from (Fetch, section 3.2; Fetch Metadata, section 2.1). A program that is no browser says nothing of
 * it, and is let by. Somebody who follows a link from another site is let by too: the page that has the link sees nothing
 * of what they get.
 */
export function refuseCrossSite({ view, direct }: GuardOptions) {
  return createMiddleware<AdminEnv>(async (ctx, next) => {
    const isSafe = safeMethods.has(ctx.req.method);
    const site = ctx.req.header('Sec-Fetch-Site');
    const origin = ctx.req.header('Origin');
    const host = askedHost(ctx, direct);
    const { admin } = view.config;
    const isOwnSite = site === undefined || site === 'same-origin' || site === 'none';
    const isOwnOrigin = origin === undefined || isOriginOf(origin, host);
    // Credentials are known by origin: a page that has taken its name to the gateway has none. Where none are asked
    // for, it is told by its name.
    const isRebound = origin !== undefined && admin?.auth === undefined && !isKnownHost(host, admin);
    if (isOwnSite && isOwnOrigin && (isSafe || !isRebound)) return await next();
    if (isSafe && origin === undefined && isVisit(ctx)) return await next();
    return refuse(ctx, 'cross_site_request');
  });
}

function isVisit(ctx: Context<AdminEnv>): boolean {
  return ctx.req.header('Sec-Fetch-Mode') === 'navigate' && ctx.req.header('Sec-Fetch-Dest') === 'document';
}

/** Whether the host and port are those of the origin. The scheme is not known here: TLS may end in front of the gateway. */
function isOriginOf(origin: string, host: string): boolean {
  const from = URL.parse(origin);
  if (from === null || from.host === '') return false;
  return URL.parse(`${from.protocol}//${host}`)?.host === from.host;
}

/**
 * Refuses a body of more than 64 KiB, without reading the rest of it. Hono's own `bodyLimit` makes a copy of a request
 * whose length is not stated, which fails for the lightweight requests of @hono/node-server.
 */
export const refuseLargeBody = createMiddleware<AdminEnv>(async (ctx, next) => {
  const { raw } = ctx.req;
  if (safeMethods.has(raw.method)) return await next();
  const stated = raw.headers.get('Content-Length');
  if (stated !== null && !raw.headers.has('Transfer-Encoding')) {
    return Number(stated) > largestBodyBytes ? refuseBody(ctx) : await next();
  }
  if (raw.body === null) return await next();
  const body = await readAtMost(raw.body, largestBodyBytes);
  if (body === null) return refuseBody(ctx);
  const { method, headers } = raw;
  ctx.req.raw = new Request(raw.url, { method, headers, body });
  return await next();
});

function refuseBody(ctx: Context<AdminEnv>): Response {
  return refuse(ctx, 'body_too_large', { detail: 'The body may have at most 64 KiB.' });
}

/** Null where there is more, of which no more is read. */
async function readAtMost(stream: ReadableStream<Uint8Array>, mostBytes: number): Promise<Buffer<ArrayBuffer> | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of stream) {
    bytes += part.byteLength;
    if (bytes > mostBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Refuses a body that is not said to be JSON: those kinds are what a form of another site can send. */
export const refuseOtherBodies = createMiddleware<AdminEnv>(async (ctx, next) => {
  if (safeMethods.has(ctx.req.method) || !mayHaveBody(ctx.req.raw.headers)) return await next();
  if (/^application\/json\s*(?:;|$)/i.test(ctx.req.header('Content-Type') ?? '')) return await next();
  return refuse(ctx, 'invalid_body', { detail: 'Send the body as JSON, with "Content-Type: application/json".' });
});

function mayHaveBody(headers: Headers): boolean {
  const length = headers.get('Content-Length');
  if (length !== null) return length !== '0';
  return headers.has('Transfer-Encoding') || headers.has('Content-Type');
}
