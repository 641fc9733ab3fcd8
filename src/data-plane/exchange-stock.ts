import { Exchange, type ExchangeClient } from './exchange.ts';
import type { WorkerContext } from './worker-context.ts';

const maximumSpare = 1_024;

/** Exchanges to be used again, so that a request makes none and an idle connection has none. */
export class ExchangeStock {
  private readonly ctx: WorkerContext;
  private readonly spare: Exchange[] = [];

  constructor(ctx: WorkerContext) {
    this.ctx = ctx;
  }

  take(client: ExchangeClient): Exchange {
    const exchange = this.spare.pop() ?? new Exchange(this.ctx);
    exchange.assign(client);
    return exchange;
  }

  /**
   * Nothing may refer to `exchange` any more but a policy that still owes its verdict: that one is not used again. Neither
   * is one of an earlier configuration, which would be kept alive with it.
   */
  giveBack(exchange: Exchange): void {
    exchange.client = null;
    exchange.response.release();
    const usable = !exchange.awaitsVerdict && exchange.snapshot === this.ctx.live.current;
    if (!usable || this.spare.length >= maximumSpare) return exchange.forward.deadline.discard();
    exchange.identity.forget();
    this.spare.push(exchange);
  }

  /** The configuration is another one now: those that took part in the one before are let go. */
  clear(): void {
    for (const exchange of this.spare.splice(0)) exchange.forward.deadline.discard();
  }
}
