import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a client and a server on this machine, to lose what they send without closing a connection. */
export class Relay {
  private readonly server: Server;
  private readonly pairs = new Set<readonly [client: Socket, server: Socket]>();

  private constructor(server: Server, port: number) {
    this.server = server;
    server.on('connection', (client) => {
      const onward = connect({ port, host: '127.0.0.1' });
      this.pairs.add([client, onward]);
      for (const socket of [client, onward]) {
        socket.on('error', () => {});
        socket.on('close', () => [client, onward].map((either) => either.destroy()));
      }
      client.pipe(onward).pipe(client);
    });
  }

  static async start(port: number): Promise<Relay> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Relay(server, port);
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on nothing gets through the connections that there are; new ones work. */
  swallow(): void {
    for (const [client, server] of this.pairs) {
      client.unpipe(server).resume();
      server.unpipe(client).resume();
    }
  }

  async stop(): Promise<void> {
    for (const sockets of this.pairs) for (const socket of sockets) socket.destroy();
    await once(this.server.close(), 'close');
  }
}
