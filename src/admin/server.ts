import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Address } from '../config/address.ts';
import type { Logger } from '../core/ports.ts';
import { createAdminApp } from './admin-app.ts';
import type { GatewayView } from './gateway-view.ts';

export interface AdminServerOptions {
  readonly view: GatewayView;
  readonly logger: Logger;
  /** A unix socket, on which workers ask on behalf of clients, or an address for clients themselves. */
  readonly listen: { readonly socketPath: string } | Address;
}

export interface AdminServer {
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
  /** Stops listening, and lets requests under way end, for at most `timeoutMs`. */
  leave(timeoutMs: number): Promise<void>;
}

/** Longer than a worker keeps a connection idle, so that it is the worker that closes it. */
const keepAliveTimeoutMs = 75_000;
/** While it leaves, connections that have become idle are closed so often. */
const sweepMs = 50;

/** Serves the gateway's own endpoints. Rejects with the system's error when it cannot listen. */
export async function startAdminServer({ view, logger, listen }: AdminServerOptions): Promise<AdminServer> {
  const direct = !('socketPath' in listen);
  const app = createAdminApp({ view, logger, direct });
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (incoming, outgoing) => {
    // It answers every failure itself: a rejection can only mean that the client has gone away.
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen('socketPath' in listen ? { path: listen.socketPath } : { host: listen.host, port: listen.port });
  await once(server, 'listening');
  const leave = async (timeoutMs: number): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    const cut = setTimeout(() => server.closeAllConnections(), timeoutMs);
    // Only those that are idle when it closes are closed with it, not those that become idle later.
    const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
    await closed;
    clearTimeout(cut);
    clearInterval(sweep);
  };
  return {
    leave,
    async close() {
      if (!server.listening) return server.closeAllConnections();
      const left = leave(0);
      server.closeAllConnections();
      await left;
    },
  };
}
