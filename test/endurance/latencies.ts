export type BystanderQuestion =
  | { readonly kind: 'begin'; readonly port: number }
  | { readonly kind: 'take'; readonly least: number }
  | { readonly kind: 'end' };

/** How long answers took since this was asked last. */
export interface Latencies {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maximumMs: number;
  /** Every answer that was not the one that belongs to its request. */
  readonly failures: readonly string[];
  /** Requests on a connection of their own that got no answer. */
  readonly newcomerFailures: readonly string[];
}
