import type { Pool } from './pool.ts';

/** One address that requests of an upstream can go to. */
export interface Target {
  /** As configured: `http://host:port`. */
  readonly url: string;
  /** `host:port`, as the answer's `X-Backend` and the access log name it. */
  readonly authority: string;
  /** `Host` with its line end, for requests. */
  readonly hostLine: string;
  /** `X-Backend` with its line end, for answers; empty where the answer does not tell. */
  readonly backendLine: string;
  /** Its words in shared memory. */
  readonly slot: number;
  /** Its share among the targets of its upstream: a whole number from 1. */
  readonly weight: number;
  readonly pool: Pool;
}
