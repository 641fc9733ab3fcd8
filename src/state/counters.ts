import { errorCodes, type ErrorCode } from '../core/error-codes.ts';
import { assertWorkerIndex, scalarCounterWords, seriesTableSlots, type SharedState } from './layout.ts';

export const methodNames = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'OTHER'] as const;
const otherMethod = methodNames.length - 1;

/** What rises and falls, and is 0 when nothing is open. */
export const gaugeNames = ['connections', 'inFlight'] as const;
/** What only rises. */
export const plainCounterNames = [
  'connectionsAccepted',
  'bytesIn',
  'bytesOut',
  'parseRefusals',
  'accessLogDropped',
  'accessLogErrors',
  'mirrored',
  'mirrorsDropped',
  'connectionsRefused',
] as const;

export type GaugeName = (typeof gaugeNames)[number];
export type PlainCounterName = (typeof plainCounterNames)[number];
export type ScalarName = GaugeName | PlainCounterName;

/** Where each scalar stands among a region's scalar words. */
export const scalarWord = {
  connections: 0,
  inFlight: 1,
  connectionsAccepted: 2,
  bytesIn: 3,
  bytesOut: 4,
  parseRefusals: 5,
  accessLogDropped: 6,
  accessLogErrors: 7,
  mirrored: 8,
  mirrorsDropped: 9,
  connectionsRefused: 10,
} as const satisfies Readonly<Record<ScalarName, number>>;
type ScalarWord = (typeof scalarWord)[ScalarName];

// A key is (route, method, status) in one word: 18 bits, 3 bits, 10 bits. Keys and their counts stand in the order in
// which they first came, so that whoever adds them up walks over those that there are and not over the room for more. A
// place of the table says where a key stands, plus 1; 0 is an empty place.
export const methodShift = 10;
export const routeShift = 13;

/** Each code's place among the refusals of a route. */
export const refusalCodes = Object.keys(errorCodes) as readonly ErrorCode[];
const refusalIndexes = Object.fromEntries(refusalCodes.map((code, index) => [code, index])) as Readonly<
  Record<ErrorCode, number>
>;

/** The position of a method in `methodNames`; every unknown one is `OTHER`, so that clients cannot make new series. */
export function methodIndex(method: string): number {
  switch (method) {
    case 'GET':
      return 0;
    case 'HEAD':
      return 1;
    case 'POST':
      return 2;
    case 'PUT':
      return 3;
    case 'PATCH':
      return 4;
    case 'DELETE':
      return 5;
    case 'OPTIONS':
      return 6;
    default:
      return otherMethod;
  }
}

/** Whether a method is counted by its own name. */
export function isCountedMethod(method: string): boolean {
  return methodIndex(method) !== otherMethod;
}

/** One worker's words. Only that worker writes them, so they need no atomic operation; the control thread adds them up. */
export interface CounterRegion {
  readonly scalars: Float64Array;
  readonly backendRequests: Float64Array;
  readonly backendErrors: Float64Array;
  readonly backendRetries: Float64Array;
  /** By route, and by code within it. */
  readonly refusals: Float64Array;
  /** What policies that are only tried out would have refused, likewise. */
  readonly shadowRefusals: Float64Array;
  readonly overflow: Float64Array;
  readonly seriesCounts: Float64Array;
  /** How many series there are. */
  readonly seriesUsed: Int32Array;
  readonly seriesKeys: Int32Array;
  readonly seriesPlaces: Int32Array;
}

export function counterRegionOf(state: SharedState, workerIndex: number): CounterRegion {
  const { buffer, offsets, shape } = state;
  let at = offsets.counters + workerIndex * offsets.countersPerWorker;
  const floats = (length: number): Float64Array => {
    const view = new Float64Array(buffer, at, length);
    at += 8 * length;
    return view;
  };
  const words = (length: number): Int32Array => {
    const view = new Int32Array(buffer, at, length);
    at += 4 * length;
    return view;
  };
  return {
    scalars: floats(scalarCounterWords),
    backendRequests: floats(shape.upstreams),
    backendErrors: floats(shape.upstreams),
    backendRetries: floats(shape.upstreams),
    refusals: floats(shape.routes * refusalCodes.length),
    shadowRefusals: floats(shape.routes * refusalCodes.length),
    overflow: floats(1),
    seriesCounts: floats(shape.series),
    seriesUsed: words(1),
    seriesKeys: words(shape.series),
    seriesPlaces: words(seriesTableSlots(shape.series)),
  };
}

/** What one worker counts. No method allocates. A slot that the state has no room for is not counted. */
export class WorkerCounters {
  readonly #scalars: Float64Array;
  readonly #backendRequests: Float64Array;
  readonly #backendErrors: Float64Array;
  readonly #backendRetries: Float64Array;
  readonly #refusals: Float64Array;
  readonly #shadowRefusals: Float64Array;
  readonly #overflow: Float64Array;
  readonly #seriesCounts: Float64Array;
  readonly #seriesUsed: Int32Array;
  readonly #seriesKeys: Int32Array;
  readonly #seriesPlaces: Int32Array;
  readonly #seriesMask: number;
  /** For each route where the series stands that was counted last for it, plus 1: mostly it is the next one too. */
  readonly #latestSeries: Int32Array;
  readonly #seriesLimit: number;
  readonly #routes: number;

  constructor(state: SharedState, workerIndex: number) {
    assertWorkerIndex(state, workerIndex);
    const region = counterRegionOf(state, workerIndex);
    this.#scalars = region.scalars;
    this.#backendRequests = region.backendRequests;
    this.#backendErrors = region.backendErrors;
    this.#backendRetries = region.backendRetries;
    this.#refusals = region.refusals;
    this.#shadowRefusals = region.shadowRefusals;
    this.#overflow = region.overflow;
    this.#seriesCounts = region.seriesCounts;
    this.#seriesUsed = region.seriesUsed;
    this.#seriesKeys = region.seriesKeys;
    this.#seriesPlaces = region.seriesPlaces;
    this.#seriesMask = region.seriesPlaces.length - 1;
    this.#seriesLimit = state.shape.series;
    this.#routes = state.shape.routes;
    this.#latestSeries = new Int32Array(state.shape.routes);
  }

  /**
   * Counts one finished request. `method` is a `methodIndex`, `status` is 1 to 1023. Once this worker has as many
   * different series as the state has room for, a new one is counted as overflow.
   */
  countRequest(routeSlot: number, method: number, status: number): void {
    if (!(routeSlot >= 0 && routeSlot < this.#routes && status > 0 && status < 1 << methodShift)) return;
    const key = (routeSlot << routeShift) | ((method & 7) << methodShift) | status;
    let at = (this.#latestSeries[routeSlot] ?? 0) - 1;
    if (at < 0 || this.#seriesKeys[at] !== key) {
      at = this.#findSeries(key);
      if (at < 0) return;
      this.#latestSeries[routeSlot] = at + 1;
    }
    this.#seriesCounts[at] = (this.#seriesCounts[at] ?? 0) + 1;
  }

  /** Where a series stands; -1 where there is no room for it. */
  #findSeries(key: number): number {
    const mixed = Math.imul(key, 0x9e3779b1);
    let place = mixed ^ (mixed >>> 15);
    for (;;) {
      place &= this.#seriesMask;
      const at = (this.#seriesPlaces[place] ?? 0) - 1;
      if (at < 0) return this.#addSeries(place, key);
      if (this.#seriesKeys[at] === key) return at;
      place += 1;
    }
  }

  #addSeries(place: number, key: number): number {
    const at = this.#seriesUsed[0] ?? 0;
    if (at >= this.#seriesLimit) {
      this.#overflow[0] = (this.#overflow[0] ?? 0) + 1;
      return -1;
    }
    this.#seriesKeys[at] = key;
    // In this order: of a worker that is ended in between, the successor writes the key again, with a count of its own.
    Atomics.store(this.#seriesUsed, 0, at + 1);
    this.#seriesPlaces[place] = at + 1;
    return at;
  }

  /** Counts one attempt on a target of the upstream. */
  countBackendRequest(upstreamSlot: number): void {
    this.#backendRequests[upstreamSlot] = (this.#backendRequests[upstreamSlot] ?? 0) + 1;
  }

  /** Counts one attempt that failed. */
  countBackendError(upstreamSlot: number): void {
    this.#backendErrors[upstreamSlot] = (this.#backendErrors[upstreamSlot] ?? 0) + 1;
  }

  /** Counts one more attempt for a request that was already sent. */
  countRetry(upstreamSlot: number): void {
    this.#backendRetries[upstreamSlot] = (this.#backendRetries[upstreamSlot] ?? 0) + 1;
  }

  /** Counts one request that the gateway refused, or could not bring to its end. */
  countRefusal(routeSlot: number, code: ErrorCode): void {
    if (!(routeSlot >= 0 && routeSlot < this.#routes)) return;
    const at = routeSlot * refusalCodes.length + refusalIndexes[code];
    this.#refusals[at] = (this.#refusals[at] ?? 0) + 1;
  }

  /** Counts one request that a policy would have refused, were it not only tried out. */
  countShadowRefusal(routeSlot: number, code: ErrorCode): void {
    if (!(routeSlot >= 0 && routeSlot < this.#routes)) return;
    const at = routeSlot * refusalCodes.length + refusalIndexes[code];
    this.#shadowRefusals[at] = (this.#shadowRefusals[at] ?? 0) + 1;
  }

  add(word: ScalarWord, delta: number): void {
    this.#scalars[word] = (this.#scalars[word] ?? 0) + delta;
  }

  countLogError(): void {
    this.add(scalarWord.accessLogErrors, 1);
  }

  countDroppedLogLines(lines: number): void {
    this.add(scalarWord.accessLogDropped, lines);
  }

  /** Sets the gauges to 0: for the successor of a worker that died with connections open. */
  resetGauges(): void {
    for (const name of gaugeNames) this.#scalars[scalarWord[name]] = 0;
  }
}

/** Sets what all workers have counted of a route to 0. No worker may count for it meanwhile. */
export function clearRouteCounts(state: SharedState, routeSlot: number): void {
  for (let worker = 0; worker < state.shape.workers; worker += 1) {
    const { refusals, shadowRefusals, seriesUsed, seriesKeys, seriesCounts } = counterRegionOf(state, worker);
    for (const counts of [refusals, shadowRefusals]) {
      counts.fill(0, routeSlot * refusalCodes.length, (routeSlot + 1) * refusalCodes.length);
    }
    const used = Atomics.load(seriesUsed, 0);
    for (let at = 0; at < used; at += 1) {
      if ((seriesKeys[at] ?? 0) >>> routeShift === routeSlot) seriesCounts[at] = 0;
    }
  }
}

/** Sets what all workers have counted of an upstream to 0. No worker may count for it meanwhile. */
export function clearUpstreamCounts(state: SharedState, upstreamSlot: number): void {
  for (let worker = 0; worker < state.shape.workers; worker += 1) {
    const { backendRequests, backendErrors, backendRetries } = counterRegionOf(state, worker);
    for (const counts of [backendRequests, backendErrors, backendRetries]) counts[upstreamSlot] = 0;
  }
}
