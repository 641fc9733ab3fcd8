import { gatewayPaths } from '../core/gateway-paths.ts';
import { readTotals, type CounterTotals } from '../state/counters.ts';
import { quantile, readRequestHistogram, readUpstreamHistogram, type HistogramTotals } from '../state/histogram.ts';
import type { GatewayView } from './gateway-view.ts';

export interface RequestCount {
  readonly method: string;
  /** The pattern of the route, `unmatched` where no route matched: never a path that a client made up. */
  readonly path: string;
  readonly status: number;
  readonly count: number;
}

export interface DurationSummary {
  readonly count: number;
  readonly sumMs: number;
  /** NaN where nothing has been observed. */
  readonly quantileMs: (q: number) => number;
}

export interface UpstreamTotals {
  readonly name: string;
  readonly requests: number;
  readonly errors: number;
  readonly durations: DurationSummary;
}

/** What all workers have counted since the start, in the words of the configuration. */
export interface RequestTotals {
  readonly requests: readonly RequestCount[];
  readonly durations: DurationSummary;
  readonly upstreams: readonly UpstreamTotals[];
  readonly counters: CounterTotals;
}

export function readRequestTotals(view: GatewayView): RequestTotals {
  const counters = readTotals(view.state);
  const upstreams = Object.keys(view.config.upstreams).flatMap((name): UpstreamTotals[] => {
    const slot = view.slots.upstreams[name];
    if (slot === undefined) return [];
    return [
      {
        name,
        requests: counters.backendRequests[slot] ?? 0,
        errors: counters.backendErrors[slot] ?? 0,
        durations: summarise([readUpstreamHistogram(view.state, slot)]),
      },
    ];
  });
  const routeSlots = Array.from({ length: view.state.shape.routes }, (_, slot) => slot);
  return {
    requests: countByPath(view, counters),
    durations: summarise(routeSlots.map((slot) => readRequestHistogram(view.state, slot))),
    upstreams,
    counters,
  };
}

/** Routes that differ in host or method only share a pattern, and then they share a count. */
function countByPath(view: GatewayView, counters: CounterTotals): RequestCount[] {
  const patterns = patternsBySlot(view);
  const counts = new Map<string, RequestCount>();
  for (const { routeSlot, method, status, count } of counters.requests) {
    const path = patterns.get(routeSlot) ?? 'unmatched';
    const key = `${method} ${status} ${path}`;
    counts.set(key, { method, path, status, count: count + (counts.get(key)?.count ?? 0) });
  }
  return [...counts.values()];
}

function patternsBySlot({ config, slots }: GatewayView): ReadonlyMap<number, string> {
  const patterns = new Map<number, string>();
  const routes = config.routes.map(({ name, match }) => ({ name, pattern: match.path }));
  for (const { name, pattern } of [...gatewayPaths('all'), ...routes]) {
    const slot = slots.routes[name];
    if (slot !== undefined) patterns.set(slot, pattern);
  }
  return patterns;
}

function summarise(histograms: readonly HistogramTotals[]): DurationSummary {
  const total: HistogramTotals = { count: 0, sumMicroseconds: 0, buckets: new Float64Array() };
  for (const { count, sumMicroseconds, buckets } of histograms) {
    total.count += count;
    total.sumMicroseconds += sumMicroseconds;
    if (total.buckets.length === 0) total.buckets = new Float64Array(buckets.length);
    for (const [index, observations] of buckets.entries()) {
      total.buckets[index] = (total.buckets[index] ?? 0) + observations;
    }
  }
  return {
    count: total.count,
    sumMs: total.sumMicroseconds / 1_000,
    quantileMs: (q) => quantile(total, q) / 1_000,
  };
}
