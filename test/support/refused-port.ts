import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/**
 * A URL whose port refuses connections until the test ends. The port is taken by the client's end of a connection, so
 * that nobody else, such as the gateway under test, can be given it meanwhile.
 */
export async function startRefusedPort(t: TestContext): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1' });
  t.after(() => {
    socket.destroy();
    server.close();
  });
  server.on('connection', (accepted) => accepted.on('error', () => {}).resume());
  await once(socket, 'connect');
  return `http://127.0.0.1:${socket.localPort}`;
}
