import type { RoutePattern } from '../core/route-pattern.ts';
import type { HeadLimits } from '../http1/limits.ts';
import type { CidrSet } from '../lib/cidr.ts';
import type { PathTrie } from '../routing/path-trie.ts';
import type { Router } from '../routing/router.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Destination } from './destination.ts';
import type { Rewrite } from './rewrite.ts';
import type { PolicyPhases } from './compile-policies.ts';

export interface Route extends RoutePattern {
  /** Its words in shared memory. */
  readonly slot: number;
  /** One of the gateway's own endpoints. */
  readonly internal: boolean;
  readonly destination: Destination;
  /** Null where the target gets the path and the `Host` that are usual. */
  readonly rewrite: Rewrite | null;
  /** Where copies of its requests go; null for nowhere. */
  readonly mirror: MirrorRule | null;
  readonly policies: PolicyPhases;
}

export interface MirrorRule {
  readonly upstream: Upstream;
  /** The part of the requests that are copied, from 0 to 1. */
  readonly share: number;
  /** Requests with larger bodies are not copied. */
  readonly bodyLimitBytes: number;
}

export interface ListenerAddress {
  readonly host: string;
  readonly port: number;
}

/** Deadlines for what a client has to do, in milliseconds. */
export interface ClientTimeouts {
  readonly headMs: number;
  readonly bodyIdleMs: number;
  readonly keepAliveMs: number;
}

/**
 * One version of the configuration, ready to decide requests. Nothing in it changes; what has to outlive it (pools,
 * health, counters) it only refers to. A request takes the snapshot once and keeps it to its end.
 */
export interface Snapshot {
  readonly version: number;
  readonly listeners: readonly ListenerAddress[];
  /** The gateway's own endpoints, looked at before the routes. */
  readonly gatewayPaths: PathTrie<Route>;
  readonly router: Router<Route>;
  readonly headLimits: HeadLimits;
  readonly clientTimeouts: ClientTimeouts;
  /** Connections at once of one client, over all workers; 0 where there is no limit. */
  readonly connectionsPerClient: number;
  /** Requests at once of one client, over all workers; 0 where there is no limit. */
  readonly requestsPerClient: number;
  /** Bytes; Infinity where there is no limit. */
  readonly maximumBody: number;
  /** Null where every peer is a client. */
  readonly trustedProxies: CidrSet | null;
}
