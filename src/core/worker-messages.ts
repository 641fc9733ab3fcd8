import type { LogFields, LogLevel } from './ports.ts';

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
}

/** What a worker thread is started with (`workerData`). */
export interface WorkerStart<TConfig> {
  readonly index: number;
  readonly sharedState: SharedArrayBuffer;
  /** Path of the unix socket on which the control thread serves the gateway's own endpoints. */
  readonly gatewaySocket: string;
  readonly program: Program<TConfig>;
}

export type ToWorker<TConfig> =
  | { readonly kind: 'program'; readonly program: Program<TConfig> }
  /** Stop accepting, finish what is in flight, then say `drained`; whatever is left after `timeoutMs` is cut. */
  | { readonly kind: 'drain'; readonly timeoutMs: number }
  /** The access log's file was moved away: write to a new one of the same name. */
  | { readonly kind: 'reopen-log' };

export type FromWorker =
  /** The worker has understood this version. */
  | { readonly kind: 'accepted'; readonly version: number }
  /** The worker serves this version: listeners are bound and new requests use it. */
  | { readonly kind: 'programmed'; readonly version: number }
  | { readonly kind: 'refused'; readonly version: number; readonly reason: string }
  | { readonly kind: 'drained' }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string; readonly fields?: LogFields };
