import type { LogFields, LogLevel } from './ports.ts';
import type { StoredKey } from './stored-key.ts';

/** Where a named thing keeps its words in shared memory; the numbers stay the same through reloads. */
export interface SlotAssignments {
  /** Route name → route slot. Slot 0 is kept for requests that no route matched. */
  readonly routes: Readonly<Record<string, number>>;
  readonly upstreams: Readonly<Record<string, number>>;
  /** `${upstream name} ${target url}` → target slot. */
  readonly targets: Readonly<Record<string, number>>;
}

/** One version of the configuration, as the control thread hands it to every worker. */
export interface Program<TConfig> {
  readonly version: number;
  readonly config: TConfig;
  readonly slots: SlotAssignments;
  /** Modules with policies of the user's own, by the addresses to import them by. */
  readonly policyModules?: readonly string[];
}

/** What a worker thread is told first, once. */
export interface WorkerStart<TConfig> {
  readonly index: number;
  readonly sharedState: SharedArrayBuffer;
  /** Path of the unix socket on which the control thread serves the gateway's own endpoints. */
  readonly gatewaySocket: string;
  readonly program: Program<TConfig>;
}

/** A worker asks whose keys these are; `ask` is a number of its own, and the answer has it too. */
export interface FindKey {
  readonly kind: 'find-key';
  readonly ask: number;
  /** Digests of secrets, as in a StoredKey. */
  readonly sha256: readonly string[];
}

export interface KeyAnswer {
  readonly kind: 'key-found';
  readonly ask: number;
  /** In the order in which they were asked for: null for one that nobody has, `unknown` where nobody can say. */
  readonly keys: readonly (StoredKey | null | 'unknown')[];
}

/** What every worker is told of the key store. */
export type KeyNews =
  /** The key with this digest was created, revoked or deleted. */
  | { readonly kind: 'key-changed'; readonly sha256: string }
  /** From now on changes may be missed. */
  | { readonly kind: 'key-store-lost' }
  /** The store is back: whatever was learnt from it before has to be asked again. */
  | { readonly kind: 'keys-reset' };

export type ToWorker<TConfig> =
  /**
   * Make this version ready beside the one that is served, its new listeners included, and say `accepted` or `refused`.
   * One of the next two follows.
   */
  | { readonly kind: 'prepare'; readonly program: Program<TConfig> }
  /** Serve the version that is ready, for every request from now on, and say `programmed`. */
  | { readonly kind: 'commit'; readonly version: number }
  /** Forget the version that is ready, or was refused. */
  | { readonly kind: 'abandon'; readonly version: number }
  /** Stop accepting, finish what is in flight, then say `drained`; whatever is left after `timeoutMs` is cut. */
  | { readonly kind: 'drain'; readonly timeoutMs: number }
  /** The access log's file was moved away: write to a new one of the same name. */
  | { readonly kind: 'reopen-log' }
  /** The process ends: cut every connection, so that no answer under way looks whole. */
  | { readonly kind: 'cut' }
  | KeyAnswer
  | KeyNews;

export type FromWorker =
  /** The worker has understood this version and could serve it at once: its listeners are bound. */
  | { readonly kind: 'accepted'; readonly version: number }
  /** The worker serves this version: new requests use it. */
  | { readonly kind: 'programmed'; readonly version: number }
  /** It cannot be served, and nothing has changed. */
  | { readonly kind: 'refused'; readonly version: number; readonly reason: string }
  | { readonly kind: 'drained' }
  | FindKey
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string; readonly fields?: LogFields };
