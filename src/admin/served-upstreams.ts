import type { RouteConfig } from '../config/schema.ts';
import { OutlierWords } from '../state/outlier-state.ts';
import { SharedClock } from '../state/shared-clock.ts';
import { targetHealthy, targetUnhealthy, TargetStates, type HealthCheckRecord } from '../state/target-states.ts';
import type { GatewayView } from './gateway-view.ts';

export type HealthStatus = 'healthy' | 'unhealthy' | 'unknown';

export interface ServedTarget {
  readonly url: string;
  readonly status: HealthStatus;
  readonly lastCheck: HealthCheckRecord | null;
  readonly problem: string | null;
  /** For how many milliseconds it is left out because it failed requests; null where nobody looks at that. */
  readonly ejectedForMs: number | null;
}

export interface ServedUpstream {
  readonly name: string;
  /** The patterns of the routes that lead to it. */
  readonly patterns: readonly string[];
  /** Healthy when at least one target is; unknown as long as none has been checked. */
  readonly status: HealthStatus;
  readonly targets: readonly ServedTarget[];
}

/** The upstreams in the order of the configuration, with what the shared memory knows of their targets. */
export function readUpstreams(view: GatewayView): ServedUpstream[] {
  const states = new TargetStates(view.state);
  const outliers = new OutlierWords(view.state);
  const nowMs = new SharedClock(view.state).nowMicros() / 1000;
  return Object.entries(view.config.upstreams).map(([name, upstream]) => {
    const targets = upstream.targets.map(({ url }): ServedTarget => {
      const slot = view.slots.targets[`${name} ${url}`];
      if (slot === undefined) throw new Error(`The target ${url} of ${name} has no slot.`);
      return {
        url,
        status: healthStatus(states.health(slot)),
        lastCheck: states.lastCheck(slot),
        problem: view.healthProblem(slot),
        ejectedForMs: upstream.outliers === false ? null : outliers.leftOutForMs(slot, nowMs),
      };
    });
    const routes = view.config.routes.filter((route) => leadsTo(route, name));
    const patterns = [...new Set(routes.map((route) => route.match.path))];
    return { name, patterns, status: combine(targets.map((target) => target.status)), targets };
  });
}

/** Whether a route sends requests to an upstream, or copies of them. */
function leadsTo({ upstream, split = [], mirror }: RouteConfig, name: string): boolean {
  return upstream === name || mirror?.upstream === name || split.some((share) => share.upstream === name);
}

function healthStatus(health: number): HealthStatus {
  if (health === targetHealthy) return 'healthy';
  return health === targetUnhealthy ? 'unhealthy' : 'unknown';
}

function combine(statuses: readonly HealthStatus[]): HealthStatus {
  if (statuses.includes('healthy')) return 'healthy';
  return statuses.includes('unknown') ? 'unknown' : 'unhealthy';
}

/** A target counts as healthy until a check says otherwise. */
export function takesTraffic(target: ServedTarget): boolean {
  return target.status !== 'unhealthy';
}
