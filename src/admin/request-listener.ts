import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createAdminApp, type AdminAppOptions } from './admin-app.ts';

/** Answers a request. A rejection can only mean that the client has gone away. */
export type AnswerRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** The gateway's own endpoints, as a server of Node.js calls them. */
export function createRequestListener(options: AdminAppOptions): AnswerRequest {
  const answer = getRequestListener(createAdminApp(options).fetch, { overrideGlobalObjects: false });
  return async (incoming, outgoing) => await answer(incoming, outgoing);
}
