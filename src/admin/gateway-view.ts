import type { Config } from '../config/schema.ts';
import type { Explanation } from '../core/explanation.ts';
import type { Clock } from '../core/ports.ts';
import type { RequestInQuestion } from '../core/request-in-question.ts';
import type { SlotAssignments } from '../core/worker-messages.ts';
import type { SharedState } from '../state/layout.ts';
import type { BreakerAdministration, ConfigAdministration, KeyAdministration } from './gateway-ports.ts';

/** `starting` until every worker serves, `draining` from the moment that the gateway is asked to stop. */
export type GatewayStatus = 'starting' | 'ready' | 'draining';

/** What the endpoints know of the running gateway. What there is of the configuration changes with every reload. */
export interface GatewayView {
  readonly version: string;
  readonly clock: Clock;
  /** By `clock.now()`. */
  readonly startedAtMs: number;
  readonly config: Config;
  /** One more with every configuration that was served, and perhaps with some that were not. */
  readonly configVersion: number;
  /** Changes whenever the configuration does. */
  readonly configHash: string;
  /** Milliseconds of Unix time. */
  readonly configLoadedAtMs: number;
  readonly slots: SlotAssignments;
  /** By route slot, the pattern of the route that has it, or had it last. */
  readonly patterns: ReadonlyMap<number, string>;
  readonly state: SharedState;
  readonly keys: KeyAdministration;
  readonly breakers: BreakerAdministration;
  readonly configuration: ConfigAdministration;
  status(): GatewayStatus;
  /** What would become of a request now; `findQuestionProblem` has nothing against it. Nothing is counted. */
  explain(question: RequestInQuestion): Promise<Explanation>;
  /** How many workers there should be, and how many of them serve. */
  workers(): { readonly configured: number; readonly serving: number };
  /** Why the last health check of the target failed; null where it did not. */
  healthProblem(targetSlot: number): string | null;
  /** What of `buckets`, the durations of all requests since the start, came within the last minutes. */
  recentDurations(buckets: Float64Array): Float64Array;
  /** Whether the store of API keys can be reached; null where there is none beyond this process. */
  storeUp(): boolean | null;
}
