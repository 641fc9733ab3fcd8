import { createServer } from 'node:net';

// Below the range that systems take the ports of outgoing connections from, so that a subject that is started again
// finds its port free.
const firstPort = 18_100;
const lastPort = 18_999;

let nextPort = firstPort;

/** A port of the loopback interface that nobody listens on, another one at every call. */
export async function takePort(): Promise<number> {
  while (nextPort <= lastPort) {
    const port = nextPort;
    nextPort += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`No port from ${firstPort} to ${lastPort} is free.`);
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  return await promise;
}
