import { createServer, type Server, type Socket } from 'node:net';
import { canSharePorts } from '../core/platform.ts';
import { adoptAccepted } from '../lib/owned-socket.ts';
import { turnClock } from '../lib/turn-clock.ts';
import type { ListenerAddress } from '../snapshot/snapshot.ts';
import { ClientConnection } from './client-connection.ts';
import type { ExchangeStock } from './exchange-stock.ts';
import type { WorkerContext } from './worker-context.ts';

const backlog = 4096;

/** One address on which a worker accepts connections, beside the other workers that listen on the same. */
export class Listener {
  readonly address: ListenerAddress;
  private readonly server: Server;

  private constructor(address: ListenerAddress, ctx: WorkerContext, exchanges: ExchangeStock) {
    this.address = address;
    this.server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (accepted: Socket) => {
      turnClock.refresh();
      const connection = new ClientConnection(adoptAccepted(accepted), ctx, exchanges);
      connection.start();
    });
  }

  /** Resolves when the port is bound; rejects with the system's error. */
  static async open(address: ListenerAddress, ctx: WorkerContext, exchanges: ExchangeStock): Promise<Listener> {
    const listener = new Listener(address, ctx, exchanges);
    const { server } = listener;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(
        { host: address.host, port: address.port, backlog, reusePort: canSharePorts, exclusive: true },
        () => {
          server.off('error', reject);
          resolve();
        },
      );
    });
    // A connection that could not be accepted (no file descriptor left, say) is the system's trouble and may pass.
    server.on('error', (error) => ctx.logger.log('error', `accepting connections failed: ${error.message}`));
    return listener;
  }

  /** Accepts no more connections; those that there are stay. */
  close(): void {
    this.server.close();
  }
}
