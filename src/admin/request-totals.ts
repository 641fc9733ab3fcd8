import type { ErrorCode } from '../core/error-codes.ts';
import { readBreaker, type BreakerReading } from '../state/breaker-state.ts';
import { addUpTotals, type CounterTotals } from '../state/counter-totals.ts';
import { emptyHistogram, HistogramReader, quantile } from '../state/histogram.ts';
import { slotsInUse } from '../state/layout.ts';
import { DurationHistogram } from './duration-histogram.ts';
import type { GatewayView } from './gateway-view.ts';

/** Where no route matched. */
const unmatched = 'unmatched';

export interface RequestCount {
  readonly method: string;
  /** The pattern of the route, `unmatched` where no route matched: never a path that a client made up. */
  readonly path: string;
  readonly status: number;
  count: number;
}

export interface RefusalCount {
  /** As in a RequestCount. */
  readonly path: string;
  readonly code: ErrorCode;
  count: number;
}

export interface DurationSummary {
  /** Since the start. */
  readonly count: number;
  readonly sumMs: number;
  /** Over the last minutes; NaN where nothing has been observed then. */
  readonly quantileMs: (q: number) => number;
}

export interface UpstreamTotals {
  readonly name: string;
  readonly requests: number;
  readonly errors: number;
  readonly retries: number;
  readonly durations: DurationHistogram;
  /** Null where it has none. */
  readonly breaker: Pick<BreakerReading, 'state' | 'trips'> | null;
}

/** What all workers have counted since the start, in the words of the configuration. */
export interface RequestTotals {
  readonly requests: readonly RequestCount[];
  /** Those that there were any of. */
  readonly refusals: readonly RefusalCount[];
  /** What policies that are only tried out would have refused; those that there were any of. */
  readonly shadowRefusals: readonly RefusalCount[];
  readonly rateLimited: number;
  readonly durations: DurationSummary;
  /** By path as in a RequestCount, those that were asked for at least once. */
  readonly durationsByPath: ReadonlyMap<string, DurationHistogram>;
  readonly upstreams: readonly UpstreamTotals[];
  readonly counters: CounterTotals;
}

/** Reads in short steps, so that a thread can do other things in between. */
export function* readRequestTotals(view: GatewayView): Generator<void, RequestTotals> {
  const counters = yield* addUpTotals(view.state);
  const { patterns } = view;
  const refusals = yield* addUpRefusals(counters.refusals, patterns);
  const reader = new HistogramReader(view.state);
  return {
    requests: yield* addUpRequests(counters, patterns),
    refusals,
    shadowRefusals: yield* addUpRefusals(counters.shadowRefusals, patterns),
    rateLimited: refusals.reduce((sum, { code, count }) => (code === 'rate_limited' ? sum + count : sum), 0),
    ...(yield* addUpDurations(view, patterns, reader)),
    upstreams: yield* readUpstreamTotals(view, counters, reader),
    counters,
  };
}

/** Routes that differ in host or method only share a pattern, and then they share a count. */
function* addUpRequests(
  { requests }: CounterTotals,
  patterns: ReadonlyMap<number, string>,
): Generator<void, RequestCount[]> {
  const counts = new Map<string, RequestCount>();
  for (const { routeSlot, method, status, count } of requests) {
    const path = patterns.get(routeSlot) ?? unmatched;
    const key = `${method} ${status} ${path}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { method, path, status, count });
    else known.count += count;
    yield;
  }
  return [...counts.values()];
}

function* addUpRefusals(
  refusals: CounterTotals['refusals'],
  patterns: ReadonlyMap<number, string>,
): Generator<void, RefusalCount[]> {
  const counts = new Map<string, RefusalCount>();
  for (const { routeSlot, code, count } of refusals) {
    const path = patterns.get(routeSlot) ?? unmatched;
    const key = `${code} ${path}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { path, code, count });
    else known.count += count;
    yield;
  }
  return [...counts.values()];
}

function* addUpDurations(
  view: GatewayView,
  patterns: ReadonlyMap<number, string>,
  reader: HistogramReader,
): Generator<void, Pick<RequestTotals, 'durations' | 'durationsByPath'>> {
  const byPath = new Map<string, DurationHistogram>();
  const total = emptyHistogram();
  const row = emptyHistogram();
  const { routes } = slotsInUse(view.state);
  for (let slot = 0; slot < routes; slot += 1) {
    reader.addRequests(slot, row);
    yield;
    if (row.count === 0) continue;
    const path = patterns.get(slot) ?? unmatched;
    const histogram = byPath.get(path) ?? new DurationHistogram();
    byPath.set(path, histogram);
    histogram.add(row);
    total.count += row.count;
    total.sumMicroseconds += row.sumMicroseconds;
    for (let index = 0; index < row.buckets.length; index += 1) {
      total.buckets[index] = (total.buckets[index] ?? 0) + (row.buckets[index] ?? 0);
    }
    row.count = 0;
    row.sumMicroseconds = 0;
    row.buckets.fill(0);
  }
  const recent = { buckets: view.recentDurations(total.buckets) };
  const durations: DurationSummary = {
    count: total.count,
    sumMs: total.sumMicroseconds / 1_000,
    quantileMs: (q) => quantile(recent, q) / 1_000,
  };
  return { durations, durationsByPath: byPath };
}

function* readUpstreamTotals(
  view: GatewayView,
  { backendRequests, backendErrors, backendRetries }: CounterTotals,
  reader: HistogramReader,
): Generator<void, UpstreamTotals[]> {
  const list: UpstreamTotals[] = [];
  for (const [name, upstream] of Object.entries(view.config.upstreams)) {
    const slot = view.slots.upstreams[name];
    if (slot === undefined) continue;
    const durations = new DurationHistogram();
    const row = emptyHistogram();
    reader.addUpstream(slot, row);
    durations.add(row);
    list.push({
      name,
      requests: backendRequests[slot] ?? 0,
      errors: backendErrors[slot] ?? 0,
      retries: backendRetries[slot] ?? 0,
      durations,
      breaker: upstream.breaker === false ? null : readBreaker(view.state, slot),
    });
    yield;
  }
  return list;
}
