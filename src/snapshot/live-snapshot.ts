import { defaultHeadLimits } from '../http1/limits.ts';
import { PathTrie } from '../routing/path-trie.ts';
import { Router } from '../routing/router.ts';
import type { Snapshot } from './snapshot.ts';

/** What is served before anything is: no listener, no route. */
const nothing: Snapshot = Object.freeze({
  version: 0,
  listeners: [],
  gatewayPaths: new PathTrie([]),
  router: new Router([]),
  headLimits: defaultHeadLimits,
  connectionsPerClient: 0,
  requestsPerClient: 0,
  clientTimeouts: { headMs: 0, bodyIdleMs: 0, keepAliveMs: 0 },
  maximumBody: 0,
  trustedProxies: null,
});

/** The one pointer that a reload moves. */
export class LiveSnapshot {
  current: Snapshot;

  constructor(first: Snapshot = nothing) {
    this.current = first;
  }
}
