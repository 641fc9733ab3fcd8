import type { Clock, LogFields, LogLevel } from '../core/ports.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import type { LiveSnapshot } from '../snapshot/live-snapshot.ts';
import type { WorkerCounters } from '../state/counters.ts';
import type { WorkerHistograms } from '../state/histogram.ts';
import type { TargetStates } from '../state/target-states.ts';
import type { DateField } from './date-field.ts';
import type { RequestIds } from './request-ids.ts';

/** A connection, as the end of its worker sees it. */
export interface OpenConnection {
  /** Ends it as soon as nothing is under way. */
  drain(): void;
  /** Ends it now. */
  abort(): void;
}

/** What everything in one worker shares. */
export interface WorkerContext {
  readonly live: LiveSnapshot;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly counters: WorkerCounters;
  readonly histograms: WorkerHistograms;
  readonly targetStates: TargetStates;
  readonly requestIds: RequestIds;
  readonly dateField: DateField;
  readonly connections: Set<OpenConnection>;
  /** Every answer from now on ends its connection. */
  draining: boolean;
  log(level: LogLevel, message: string, fields?: LogFields): void;
}
