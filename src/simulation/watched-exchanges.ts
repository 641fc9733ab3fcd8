import { ExchangeStock } from '../data-plane/exchange-stock.ts';
import type { Exchange, ExchangeClient } from '../data-plane/exchange.ts';
import type { RequestRun } from './request-run.ts';

/** The worker's own stock of exchanges, which knows for whose request each of them is. */
export class WatchedExchanges extends ExchangeStock {
  private readonly runs = new Map<ExchangeClient, RequestRun>();
  private readonly underWay = new Map<Exchange, RequestRun>();

  /** The next request of `client` is that of `run`. */
  expect(client: ExchangeClient, run: RequestRun): void {
    this.runs.set(client, run);
  }

  override take(client: ExchangeClient): Exchange {
    const exchange = super.take(client);
    const run = this.runs.get(client);
    if (run !== undefined) this.underWay.set(exchange, run);
    return exchange;
  }

  override giveBack(exchange: Exchange): void {
    const run = this.underWay.get(exchange);
    run?.noteVerdict(exchange);
    this.underWay.delete(exchange);
    if (exchange.client !== null) this.runs.delete(exchange.client);
    super.giveBack(exchange);
  }

  /** Whether a policy has still to say something. */
  get awaitsVerdict(): boolean {
    for (const exchange of this.underWay.keys()) if (exchange.awaitsVerdict) return true;
    return false;
  }

  /** The request that is forwarded by `owner`; undefined for one that nobody waits for. */
  findByForward(owner: unknown): RequestRun | undefined {
    for (const [exchange, run] of this.underWay) if (exchange.forward === owner) return run;
    return undefined;
  }

  findByRequestId(id: string): RequestRun | undefined {
    for (const [exchange, run] of this.underWay) if (exchange.requestId === id) return run;
    return undefined;
  }
}
