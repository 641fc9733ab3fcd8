import { once } from 'node:events';
import type { Address } from '../config/address.ts';
import type { Logger } from '../core/ports.ts';
import type { GatewayView } from './gateway-view.ts';
import type * as requestListener from './request-listener.ts';

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

// To import it would make all that it exports, `fetch` and `WebSocket` among them, before there is a request.
const { createServer } = process.getBuiltinModule('node:http');

/** Longer than a worker keeps a connection idle, so that it is the worker that closes it. */
const keepAliveTimeoutMs = 75_000;
/** While it leaves, connections that have become idle are closed so often. */
const sweepMs = 50;

/**
 * Loads what answers requests, which the first of them would do otherwise. It takes longer than anything else of a start,
 * and nobody has to wait for it: so it is loaded once the gateway serves.
 */
export async function loadRequestListener(): Promise<typeof requestListener> {
  return await import('./request-listener.ts');
}

/** Serves the gateway's own endpoints. Rejects with the system's error when it cannot listen. */
export async function startAdminServer({ view, logger, listen }: AdminServerOptions): Promise<AdminServer> {
  const direct = !('socketPath' in listen);
  const load = async (): Promise<requestListener.AnswerRequest> => {
    const { createRequestListener } = await loadRequestListener();
    return createRequestListener({ view, logger, direct });
  };
  let loading: Promise<requestListener.AnswerRequest> | null = null;
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (incoming, outgoing) => {
    loading ??= load();
    loading
      .then((answer) => answer(incoming, outgoing))
      // It answers every failure itself: a rejection means that the client has gone away, or that there is nothing to
      // answer with, which whoever loads it ahead is told.
      .catch(() => outgoing.destroy());
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
