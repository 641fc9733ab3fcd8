import { assertWorkerIndex, scalarCounterWords, seriesTableSlots, type SharedState } from './layout.ts';

export const methodNames = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'OTHER'] as const;
const otherMethod = methodNames.length - 1;

/** What rises and falls, and is 0 when nothing is open. */
export const gaugeNames = ['connections', 'inFlight'] as const;
/** What only rises. */
export const plainCounterNames = ['connectionsAccepted', 'bytesIn', 'bytesOut', 'parseRefusals'] as const;

export type GaugeName = (typeof gaugeNames)[number];
export type PlainCounterName = (typeof plainCounterNames)[number];
export type ScalarName = GaugeName | PlainCounterName;

export interface RequestSeries {
  readonly routeSlot: number;
  readonly method: string;
  readonly status: number;
  readonly count: number;
}

export interface CounterTotals {
  /** Ordered by route slot, then method in the order of `methodNames`, then status. */
  readonly requests: RequestSeries[];
  /** Requests that found no room for their series any more. */
  readonly overflow: number;
  readonly gauges: Record<GaugeName, number>;
  readonly counters: Record<PlainCounterName, number>;
  /** By upstream slot. */
  readonly backendRequests: number[];
  readonly backendErrors: number[];
  /** By worker index. */
  readonly perWorker: Record<GaugeName, number>[];
}

/** Where each scalar stands among a region's scalar words. */
const scalarWord: Readonly<Record<ScalarName, number>> = {
  connections: 0,
  inFlight: 1,
  connectionsAccepted: 2,
  bytesIn: 3,
  bytesOut: 4,
  parseRefusals: 5,
};

// A key is (route, method, status) in one word: 18 bits, 3 bits, 10 bits. A status is never 0, so neither is a key, and
// 0 is an empty place of the table.
const methodShift = 10;
const routeShift = 13;

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

/** One worker's words. Only that worker writes them, so they need no atomic operation; the control thread adds them up. */
interface Region {
  readonly scalars: Float64Array;
  readonly backendRequests: Float64Array;
  readonly backendErrors: Float64Array;
  readonly overflow: Float64Array;
  readonly seriesCounts: Float64Array;
  /** How many places of the table are taken. */
  readonly seriesUsed: Int32Array;
  readonly seriesKeys: Int32Array;
}

function regionOf(state: SharedState, workerIndex: number): Region {
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
  const tableSlots = seriesTableSlots(shape.series);
  return {
    scalars: floats(scalarCounterWords),
    backendRequests: floats(shape.upstreams),
    backendErrors: floats(shape.upstreams),
    overflow: floats(1),
    seriesCounts: floats(tableSlots),
    seriesUsed: words(1),
    seriesKeys: words(tableSlots),
  };
}

/** What one worker counts. No method allocates. A slot that the state has no room for is not counted. */
export class WorkerCounters {
  readonly #scalars: Float64Array;
  readonly #backendRequests: Float64Array;
  readonly #backendErrors: Float64Array;
  readonly #overflow: Float64Array;
  readonly #seriesCounts: Float64Array;
  readonly #seriesUsed: Int32Array;
  readonly #seriesKeys: Int32Array;
  readonly #seriesMask: number;
  readonly #seriesLimit: number;
  readonly #routes: number;

  constructor(state: SharedState, workerIndex: number) {
    assertWorkerIndex(state, workerIndex);
    const region = regionOf(state, workerIndex);
    this.#scalars = region.scalars;
    this.#backendRequests = region.backendRequests;
    this.#backendErrors = region.backendErrors;
    this.#overflow = region.overflow;
    this.#seriesCounts = region.seriesCounts;
    this.#seriesUsed = region.seriesUsed;
    this.#seriesKeys = region.seriesKeys;
    this.#seriesMask = region.seriesKeys.length - 1;
    this.#seriesLimit = state.shape.series;
    this.#routes = state.shape.routes;
  }

  /**
   * Counts one finished request. `method` is a `methodIndex`, `status` is 1 to 1023. Once this worker has as many
   * different series as the state has room for, a new one is counted as overflow.
   */
  countRequest(routeSlot: number, method: number, status: number): void {
    if (!(routeSlot >= 0 && routeSlot < this.#routes && status > 0 && status < 1 << methodShift)) return;
    const key = (routeSlot << routeShift) | ((method & 7) << methodShift) | status;
    const mixed = Math.imul(key, 0x9e3779b1);
    let place = mixed ^ (mixed >>> 15);
    for (;;) {
      place &= this.#seriesMask;
      const found = this.#seriesKeys[place];
      if (found === key) break;
      if (found === 0) {
        if (!this.#takePlace(place, key)) return;
        break;
      }
      place += 1;
    }
    this.#seriesCounts[place] = (this.#seriesCounts[place] ?? 0) + 1;
  }

  #takePlace(place: number, key: number): boolean {
    const used = this.#seriesUsed[0] ?? 0;
    if (used >= this.#seriesLimit) {
      this.#overflow[0] = (this.#overflow[0] ?? 0) + 1;
      return false;
    }
    this.#seriesUsed[0] = used + 1;
    Atomics.store(this.#seriesKeys, place, key);
    return true;
  }

  /** Counts one attempt on a target of the upstream. */
  countBackendRequest(upstreamSlot: number): void {
    this.#backendRequests[upstreamSlot] = (this.#backendRequests[upstreamSlot] ?? 0) + 1;
  }

  /** Counts one attempt that failed. */
  countBackendError(upstreamSlot: number): void {
    this.#backendErrors[upstreamSlot] = (this.#backendErrors[upstreamSlot] ?? 0) + 1;
  }

  add(name: ScalarName, delta: number): void {
    const word = scalarWord[name];
    this.#scalars[word] = (this.#scalars[word] ?? 0) + delta;
  }

  /** Sets the gauges to 0: for the successor of a worker that died with connections open. */
  resetGauges(): void {
    for (const name of gaugeNames) this.#scalars[scalarWord[name]] = 0;
  }
}

/** Adds up what all workers have counted. Workers go on counting meanwhile: the sums are each right, not of one instant. */
export function readTotals(state: SharedState): CounterTotals {
  const { shape } = state;
  const requestCounts = new Map<number, number>();
  const scalars = new Float64Array(scalarCounterWords);
  const backendRequests = new Array<number>(shape.upstreams).fill(0);
  const backendErrors = new Array<number>(shape.upstreams).fill(0);
  const perWorker: Record<GaugeName, number>[] = [];
  let overflow = 0;
  for (let worker = 0; worker < shape.workers; worker += 1) {
    const region = regionOf(state, worker);
    addEach(scalars, region.scalars);
    addEach(backendRequests, region.backendRequests);
    addEach(backendErrors, region.backendErrors);
    addRequests(requestCounts, region);
    overflow += region.overflow[0] ?? 0;
    perWorker.push(pickScalars(gaugeNames, region.scalars));
  }
  return {
    requests: [...requestCounts].sort(([left], [right]) => left - right).map(seriesFrom),
    overflow,
    gauges: pickScalars(gaugeNames, scalars),
    counters: pickScalars(plainCounterNames, scalars),
    backendRequests,
    backendErrors,
    perWorker,
  };
}

function addEach(sums: { [index: number]: number }, values: Float64Array): void {
  for (const [index, value] of values.entries()) sums[index] = (sums[index] ?? 0) + value;
}

function addRequests(counts: Map<number, number>, region: Region): void {
  for (const [place, count] of region.seriesCounts.entries()) {
    const key = Atomics.load(region.seriesKeys, place);
    if (key !== 0 && count !== 0) counts.set(key, (counts.get(key) ?? 0) + count);
  }
}

function seriesFrom([key, count]: readonly [number, number]): RequestSeries {
  return {
    routeSlot: key >>> routeShift,
    method: methodNames[(key >>> methodShift) & 7] ?? 'OTHER',
    status: key & ((1 << methodShift) - 1),
    count,
  };
}

function pickScalars<Name extends ScalarName>(names: readonly Name[], values: Float64Array): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, values[scalarWord[name]] ?? 0])) as Record<Name, number>;
}
