import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { refuse, type AdminEnv } from './admin-env.ts';

const largestBodyBytes = 64 * 1_024;
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what a page of another site makes a browser send, with credentials that the browser knows: browsers say where
 * a request that may change something comes from (Fetch, section 3.2; Fetch Metadata, section 2.1). A program that is no
 * browser says nothing of it, and is let by.
 */
export function refuseCrossSite(direct: boolean) {
  return createMiddleware<AdminEnv>(async (ctx, next) => {
    if (safeMethods.has(ctx.req.method)) return await next();
    const site = ctx.req.header('Sec-Fetch-Site');
    const origin = ctx.req.header('Origin');
    // A worker asks for `localhost` and says in this field what its client asked for.
    const host = ctx.req.header(direct ? 'Host' : 'X-Forwarded-Host') ?? '';
    const ownSite = site === undefined || site === 'same-origin' || site === 'none';
    if (ownSite && (origin === undefined || isOriginOf(origin, host))) return await next();
    return refuse(ctx, 'cross_site_request');
  });
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
