import type { ErrorCode } from '../core/error-codes.ts';
import {
  counterRegionOf,
  gaugeNames,
  methodNames,
  methodShift,
  plainCounterNames,
  refusalCodes,
  routeShift,
  scalarWord,
  type CounterRegion,
  type GaugeName,
  type PlainCounterName,
  type ScalarName,
} from './counters.ts';
import { scalarCounterWords, slotsInUse, type SharedState } from './layout.ts';

export interface RequestSeries {
  readonly routeSlot: number;
  readonly method: string;
  readonly status: number;
  readonly count: number;
}

export interface RefusalSeries {
  readonly routeSlot: number;
  readonly code: ErrorCode;
  readonly count: number;
}

export interface CounterTotals {
  /** Ordered by route slot, then method in the order of `methodNames`, then status. */
  readonly requests: RequestSeries[];
  /** Requests that found no room for their series any more. */
  readonly overflow: number;
  /** Those that there were any of, by route slot, then code in the order of its table. */
  readonly refusals: RefusalSeries[];
  /** Likewise, what policies that are only tried out would have refused. */
  readonly shadowRefusals: RefusalSeries[];
  readonly gauges: Record<GaugeName, number>;
  readonly counters: Record<PlainCounterName, number>;
  /** By upstream slot. */
  readonly backendRequests: number[];
  readonly backendErrors: number[];
  readonly backendRetries: number[];
  /** By worker index. */
  readonly perWorker: Record<GaugeName, number>[];
}

/** Words between two places where whoever reads may turn to something else. */
const wordsPerStep = 4096;

/** Adds up what all workers have counted. Workers go on counting meanwhile: the sums are each right, not of one instant. */
export function readTotals(state: SharedState): CounterTotals {
  const steps = addUpTotals(state);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** `readTotals` in steps of some microseconds each. */
export function* addUpTotals(state: SharedState): Generator<void, CounterTotals> {
  const { routes, upstreams } = slotsInUse(state);
  const requestCounts = new Map<number, number>();
  const refusals = new Float64Array(routes * refusalCodes.length);
  const shadowRefusals = new Float64Array(routes * refusalCodes.length);
  const scalars = new Float64Array(scalarCounterWords);
  const backendRequests = new Array<number>(upstreams).fill(0);
  const backendErrors = new Array<number>(upstreams).fill(0);
  const backendRetries = new Array<number>(upstreams).fill(0);
  const perWorker: Record<GaugeName, number>[] = [];
  let overflow = 0;
  for (let worker = 0; worker < state.shape.workers; worker += 1) {
    const region = counterRegionOf(state, worker);
    yield* addEach(scalars, region.scalars);
    yield* addEach(backendRequests, region.backendRequests);
    yield* addEach(backendErrors, region.backendErrors);
    yield* addEach(backendRetries, region.backendRetries);
    yield* addEach(refusals, region.refusals);
    yield* addEach(shadowRefusals, region.shadowRefusals);
    yield* addRequests(requestCounts, region);
    overflow += region.overflow[0] ?? 0;
    perWorker.push(pickScalars(gaugeNames, region.scalars));
  }
  return {
    requests: yield* listRequests(requestCounts),
    overflow,
    refusals: yield* listRefusals(refusals),
    shadowRefusals: yield* listRefusals(shadowRefusals),
    gauges: pickScalars(gaugeNames, scalars),
    counters: pickScalars(plainCounterNames, scalars),
    backendRequests,
    backendErrors,
    backendRetries,
    perWorker,
  };
}

/** Adds the first values, as many as there are sums. */
function* addEach(sums: number[] | Float64Array, values: Float64Array): Generator<void, void> {
  for (let index = 0; index < sums.length; index += 1) {
    sums[index] = (sums[index] ?? 0) + (values[index] ?? 0);
    if (index % wordsPerStep === wordsPerStep - 1) yield;
  }
}

function* addRequests(
  counts: Map<number, number>,
  { seriesUsed, seriesKeys, seriesCounts }: CounterRegion,
): Generator<void, void> {
  const used = Atomics.load(seriesUsed, 0);
  for (let index = 0; index < used; index += 1) {
    const key = seriesKeys[index] ?? 0;
    const count = seriesCounts[index] ?? 0;
    if (count !== 0) counts.set(key, (counts.get(key) ?? 0) + count);
    if (index % wordsPerStep === wordsPerStep - 1) yield;
  }
}

function* listRequests(counts: ReadonlyMap<number, number>): Generator<void, RequestSeries[]> {
  const list: RequestSeries[] = [];
  for (const key of Int32Array.from(counts.keys()).sort()) {
    list.push({
      routeSlot: key >>> routeShift,
      method: methodNames[(key >>> methodShift) & 7] ?? 'OTHER',
      status: key & ((1 << methodShift) - 1),
      count: counts.get(key) ?? 0,
    });
    if (list.length % wordsPerStep === 0) yield;
  }
  return list;
}

function* listRefusals(counts: Float64Array): Generator<void, RefusalSeries[]> {
  const list: RefusalSeries[] = [];
  for (let index = 0; index < counts.length; index += 1) {
    const count = counts[index] ?? 0;
    const code = refusalCodes[index % refusalCodes.length];
    if (count !== 0 && code !== undefined) {
      list.push({ routeSlot: Math.floor(index / refusalCodes.length), code, count });
    }
    if (index % wordsPerStep === wordsPerStep - 1) yield;
  }
  return list;
}

function pickScalars<Name extends ScalarName>(names: readonly Name[], values: Float64Array): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, values[scalarWord[name]] ?? 0])) as Record<Name, number>;
}
