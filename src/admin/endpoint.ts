import type { GatewayView } from './gateway-view.ts';

/** One of the gateway's own paths, answered for GET and HEAD. */
export interface Endpoint {
  readonly path: string;
  answer(view: GatewayView, request: Request): Response | Promise<Response>;
}

/** What an endpoint tells is true only now. */
const headers = { 'Cache-Control': 'no-store' };

export function jsonResponse(status: number, value: unknown): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { ...headers, 'Content-Type': 'application/json' },
  });
}

export function textResponse(contentType: string, text: string | Uint8Array<ArrayBuffer>): Response {
  return new Response(text, { status: 200, headers: { ...headers, 'Content-Type': contentType } });
}

export function problemResponse(status: number, body: string): Response {
  return new Response(body, { status, headers: { ...headers, 'Content-Type': 'application/problem+json' } });
}
