/**
 * Passes bytes from each client's connection to one of its own to the target and back, and knows nothing of HTTP: what
 * system calls and the event loop alone cost in Node.js. `node bare-sockets.ts PORT TARGET-PORT`.
 */
import { connect, createServer } from 'node:net';

const [port, targetPort] = process.argv.slice(2).map(Number);

const server = createServer({ noDelay: true }, (client) => {
  const target = connect({ host: '127.0.0.1', port: targetPort ?? 0, noDelay: true });
  for (const [from, to] of [
    [client, target],
    [target, client],
  ] as const) {
    from.on('data', (bytes: Buffer) => to.write(bytes));
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
});
server.listen({ port, host: '127.0.0.1', backlog: 4_096 });
