import type { Issue } from '../config/issues.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/ports.ts';
import type { SlotAssignments } from '../core/worker-messages.ts';
import type { SharedState } from '../state/layout.ts';
import type { ConfigAdministration, ConfigFailure, KeyAdministration } from './gateway-ports.ts';
import type { GatewayStatus, GatewayView } from './gateway-view.ts';
import { SharedBreakers } from './shared-breakers.ts';

/** What is served, as one object that a reload replaces. */
interface ServedProgram {
  readonly version: number;
  readonly config: Config;
  readonly hash: string;
  /** Unix time in milliseconds. */
  readonly loadedAtMs: number;
  readonly slots: SlotAssignments;
  readonly patterns: ReadonlyMap<number, string>;
}

/** What of the control thread the endpoints look at. */
export interface GatewayViewParts {
  /** Of this program. */
  readonly version: string;
  readonly clock: Clock;
  readonly state: SharedState;
  readonly keys: KeyAdministration;
  readonly programs: { readonly current: ServedProgram };
  readonly reloads: {
    readonly failure: ConfigFailure | null;
    readonly counts: ReturnType<ConfigAdministration['counts']>;
    request(
      cause: string,
    ): Promise<{ readonly status: 'success' } | { readonly status: 'failure'; readonly issues: readonly Issue[] }>;
  };
  readonly workers: {
    readonly acceptedVersions: readonly (number | null)[];
    readonly programmedVersions: readonly (number | null)[];
  };
  readonly healthChecks: { problem(targetSlot: number): string | null };
  readonly durations: { recent(buckets: Float64Array): Float64Array };
  readonly store: { readonly up: boolean };
  readonly explainer: Pick<GatewayView, 'explain'>;
  readonly status: () => GatewayStatus;
}

/** The running gateway as its endpoints see it. */
export function createGatewayView(parts: GatewayViewParts): GatewayView {
  const { version, clock, state, keys, programs, reloads, workers, healthChecks, durations, store } = parts;
  return {
    version,
    clock,
    startedAtMs: clock.now(),
    get config() {
      return programs.current.config;
    },
    get configVersion() {
      return programs.current.version;
    },
    get configHash() {
      return programs.current.hash;
    },
    get configLoadedAtMs() {
      return programs.current.loadedAtMs;
    },
    get slots() {
      return programs.current.slots;
    },
    get patterns() {
      return programs.current.patterns;
    },
    state,
    keys,
    breakers: new SharedBreakers({ program: () => programs.current, state, clock }),
    configuration: {
      accepted: () => workers.acceptedVersions,
      programmed: () => workers.programmedVersions,
      failure: () => reloads.failure,
      counts: () => reloads.counts,
      async reload() {
        const outcome = await reloads.request('the admin API');
        return outcome.status === 'success' ? null : outcome.issues;
      },
    },
    status: parts.status,
    explain: (question) => parts.explainer.explain(question),
    workers: () => {
      const versions = workers.programmedVersions;
      return { configured: versions.length, serving: versions.filter((served) => served !== null).length };
    },
    healthProblem: (slot) => healthChecks.problem(slot),
    recentDurations: (buckets) => durations.recent(buckets),
    storeUp: () => (programs.current.config.store === 'memory' ? null : store.up),
  };
}
