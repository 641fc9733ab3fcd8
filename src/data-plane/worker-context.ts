import type { Clock, Logger } from '../core/ports.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import type { LiveSnapshot } from '../snapshot/live-snapshot.ts';
import type { ClientHolds } from '../state/client-holds.ts';
import type { WorkerCounters } from '../state/counters.ts';
import type { WorkerHistograms } from '../state/histogram.ts';
import type { LogFile } from '../telemetry/log-file.ts';
import type { DateField } from './date-field.ts';
import type { RequestIds } from './request-ids.ts';

/** Where connections came in. Once it is closed, those that came in there end as soon as nothing is under way. */
export interface Entrance {
  closed: boolean;
}

/** A connection, as the end of its worker sees it. */
export interface OpenConnection {
  readonly entrance: Entrance;
  /** Ends it as soon as nothing is under way. */
  drain(): void;
  /** Ends it now. */
  abort(): void;
}

/** What everything in one worker shares. */
export interface WorkerContext {
  readonly live: LiveSnapshot;
  readonly clock: Clock;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
  readonly wheel: TimerWheel;
  readonly counters: WorkerCounters;
  readonly histograms: WorkerHistograms;
  /** Connections and requests that clients have at this moment. */
  readonly holds: ClientHolds;
  readonly requestIds: RequestIds;
  readonly dateField: DateField;
  /** Null where it is switched off; a reload may put another one in its place. */
  accessLog: LogFile | null;
  readonly connections: Set<OpenConnection>;
  /** Every answer from now on ends its connection. */
  draining: boolean;
  readonly logger: Logger;
}
