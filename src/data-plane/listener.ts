import { createServer, type Server, type Socket } from 'node:net';
import { canSharePorts } from '../core/platform.ts';
import { plainAddress } from '../lib/client-address.ts';
import { ipNetwork } from '../lib/ip-network.ts';
import { adoptAccepted } from '../lib/owned-socket.ts';
import { turnClock } from '../lib/turn-clock.ts';
import type { ListenerAddress } from '../snapshot/snapshot.ts';
import { holdRefused, holdUncounted, type Hold } from '../state/client-holds.ts';
import { scalarWord } from '../state/counters.ts';
import { ClientConnection } from './client-connection.ts';
import type { ExchangeStock } from './exchange-stock.ts';
import type { Entrance, WorkerContext } from './worker-context.ts';

const backlog = 4096;

/** A trusted proxy brings the connections of many clients; its own number says nothing of any of them. */
function holdConnection({ live, holds, counters }: WorkerContext, remoteAddress: string | undefined): Hold {
  const { connectionsPerClient, trustedProxies } = live.current;
  if (connectionsPerClient === 0) return holdUncounted;
  const ip = plainAddress(remoteAddress);
  if (trustedProxies?.contains(ip) === true) return holdUncounted;
  const hold = holds.take('connection ', ipNetwork(ip), connectionsPerClient);
  if (hold === holdRefused) counters.add(scalarWord.connectionsRefused, 1);
  return hold;
}

/** One address on which a worker accepts connections, beside the other workers that listen on the same. */
export class Listener {
  readonly address: ListenerAddress;
  private readonly ctx: WorkerContext;
  private readonly server: Server;
  private readonly entrance: Entrance = { closed: false };
  /** Connections that came before it was served; null from then on. */
  private early: ClientConnection[] | null = [];

  private constructor(address: ListenerAddress, ctx: WorkerContext, exchanges: ExchangeStock) {
    this.address = address;
    this.ctx = ctx;
    this.server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (accepted: Socket) => {
      turnClock.refresh();
      const hold = holdConnection(ctx, accepted.remoteAddress);
      if (hold === holdRefused) return void accepted.resetAndDestroy();
      const connection = new ClientConnection(adoptAccepted(accepted), ctx, exchanges, this.entrance);
      connection.hold = hold;
      if (this.early === null) connection.start();
      else this.early.push(connection);
    });
  }

  /** Resolves when the port is bound, so that nobody is turned away; rejects with the system's error. */
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

  /** Requests are taken from now on. */
  serve(): void {
    const early = this.early ?? [];
    this.early = null;
    for (const connection of early) connection.start();
  }

  /** Accepts no more connections; those that there are stay. */
  close(): void {
    this.server.close();
  }

  /** Accepts no more connections, and lets those that there are end as soon as nothing is under way on them. */
  retire(): void {
    this.close();
    this.entrance.closed = true;
    for (const connection of this.ctx.connections) {
      if (connection.entrance === this.entrance) connection.drain();
    }
  }

  /** It will not be served: whoever came already is turned away. */
  cancel(): void {
    this.close();
    for (const connection of this.early ?? []) connection.abort();
  }
}
