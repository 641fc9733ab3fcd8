import type { ListenerAddress } from '../snapshot/snapshot.ts';
import type { ExchangeStock } from './exchange-stock.ts';
import { Listener } from './listener.ts';
import type { WorkerContext } from './worker-context.ts';

/** All addresses on which a worker accepts connections. A configuration's are opened first, and served with it. */
export class Listeners {
  private readonly ctx: WorkerContext;
  private readonly exchanges: ExchangeStock;
  /** By address. */
  private served: ReadonlyMap<string, Listener> = new Map();
  /** Those of the configuration to come; those among them that are served already too. */
  private prepared: Map<string, Listener> | null = null;
  private closed = false;

  constructor(ctx: WorkerContext, exchanges: ExchangeStock) {
    this.ctx = ctx;
    this.exchanges = exchanges;
  }

  /** Opens what is not open yet. Rejects with the system's error, and has opened nothing then. */
  async prepare(addresses: readonly ListenerAddress[]): Promise<void> {
    this.abandon();
    const prepared = new Map<string, Listener>();
    try {
      for (const address of addresses) {
        const key = `${address.host} ${address.port}`;
        prepared.set(key, this.served.get(key) ?? (await Listener.open(address, this.ctx, this.exchanges)));
        if (this.closed) throw new Error('the worker stops');
      }
    } catch (error) {
      this.cancel(prepared);
      throw error;
    }
    this.prepared = prepared;
  }

  /** Serves what has been prepared, and nothing else. */
  commit(): void {
    const { prepared, served } = this;
    if (prepared === null) return;
    this.prepared = null;
    this.served = prepared;
    for (const [key, listener] of served) if (!prepared.has(key)) listener.retire();
    for (const [key, listener] of prepared) if (!served.has(key)) listener.serve();
  }

  /** Closes what has been opened by `prepare`. */
  abandon(): void {
    if (this.prepared !== null) this.cancel(this.prepared);
    this.prepared = null;
  }

  private cancel(listeners: ReadonlyMap<string, Listener>): void {
    for (const [key, listener] of listeners) if (!this.served.has(key)) listener.cancel();
  }

  /** Accepts no more connections anywhere; those that there are stay. */
  close(): void {
    this.closed = true;
    this.abandon();
    for (const listener of this.served.values()) listener.close();
  }
}
