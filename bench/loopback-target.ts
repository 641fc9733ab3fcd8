import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A target in this process. */
export interface LoopbackTarget extends Disposable {
  readonly port: number;
}

/** Longer than any measurement, so that it is never the target that closes an idle connection. */
const keepAliveTimeoutMs = 3_600_000;

export async function startLoopbackTarget(answer: RequestListener): Promise<LoopbackTarget> {
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs, requestTimeout: 0 }, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A small JSON answer to everything. */
export const answerUser: RequestListener = (_, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ id: 1, name: 'Ada Lovelace', email: 'ada@example.com' }));
};
