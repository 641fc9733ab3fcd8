/** What a balancer has to know of an upstream. */
export interface Balanced {
  readonly slot: number;
  readonly targets: { readonly length: number };
}

/** Says at which target to begin; unhealthy and tried ones are passed over in the order of the configuration. */
export interface Balancer {
  pick(upstream: Balanced): number;
}
