import { randomBytes } from 'node:crypto';
import { errorCodes } from '../core/error-codes.ts';
import { bucketsPerHistogram } from './histogram-buckets.ts';

/** How many of each thing the shared memory has room for. */
export interface StateShape {
  readonly workers: number;
  /** Route slots, slot 0 included, which stands for requests that no route matched. */
  readonly routes: number;
  readonly upstreams: number;
  readonly targets: number;
  /** Different (route, method, status) that each worker can count one by one. */
  readonly series: number;
  /** How many token buckets the table is made for: a power of two, at least 8. It has a quarter more slots. */
  readonly buckets: number;
}

/** A shape as the creator gives it: `buckets` may be left out and is `defaultBuckets` then. */
export type RequestedShape = Omit<StateShape, 'buckets'> & { readonly buckets?: number };

/** Where each section begins, in bytes from the start of the buffer, and how long it or one worker's part of it is. */
export interface StateOffsets {
  readonly cursors: number;
  readonly targetStates: number;
  readonly targetChanges: number;
  readonly targetLoads: number;
  readonly upstreamLoads: number;
  readonly loadsPerSlot: number;
  readonly breakers: number;
  readonly successRuns: number;
  readonly successRunsPerWorker: number;
  readonly recentRetries: number;
  readonly recentRequests: number;
  readonly recentRequestsPerWorker: number;
  readonly bucketGroups: number;
  readonly bucketLines: number;
  readonly holdLocks: number;
  readonly holdHashes: number;
  readonly holdCounts: number;
  readonly holdOverflows: number;
  readonly counters: number;
  readonly countersPerWorker: number;
  readonly histograms: number;
  readonly histogramsPerWorker: number;
  readonly totalBytes: number;
}

export interface SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly shape: StateShape;
  readonly offsets: StateOffsets;
  /** The seed of `KeyedHash` for everything that is found by hash in this memory; random for each state, never shown. */
  readonly hashSeedHigh: number;
  readonly hashSeedLow: number;
  /** When the state was made, in whole microseconds of the monotonic clock that `process.hrtime` reads. */
  readonly epochMicros: number;
}

/** Room for hundreds of thousands of clients at once: up to 8 MiB, which is taken as clients come. */
export const defaultBuckets = 524_288;
/** Words that different threads write often stand this far apart, so that they do not share a cache line. */
export const lineBytes = 64;
export const slotsPerBucketGroup = 5;
/** So many buckets are a group's share. */
const bucketsPerGroup = 4;
/** How many clients can be counted at once by what they hold, see `client-holds.ts`. */
export const holdSlots = 65_536;
export const slotsPerHoldGroup = 8;
/** Room for each of connections, bytes and the like, before the words of the upstreams. */
export const scalarCounterWords = 16;
/** Each route counts its refusals by their code, and those of policies that are only tried out. */
const refusalWords = Object.keys(errorCodes).length;
/** 32-bit words that each upstream has for its circuit breaker. */
const breakerWords = 8;
/** How many half-open requests of an upstream there is room for, 16 bits each, after the line of its breaker words. */
export const mostHalfOpenRequests = 256;
export const breakerBytes = lineBytes + 2 * mostHalfOpenRequests;
/** Seconds that the requests and the retries of an upstream are kept for: a power of two. */
export const secondsKept = 16;
/** Bytes of an epoch and the count in it, see `epoch-count.ts`. */
export const epochCountBytes = 8;
/** Route, method and status of a request count are packed into one 32-bit key, which leaves this many routes. */
const maxRoutes = 1 << 18;

const magic = 0x534c5543;
const version = 1;
const headerBytes = 2 * lineBytes;
const headerWord = { magic: 0, version: 1, seedHigh: 2, seedLow: 3, shape: 4, inUse: 10 } as const;
const epochByte = lineBytes;
const shapeNames = ['workers', 'routes', 'upstreams', 'targets', 'series', 'buckets'] as const;

/** Slots below these have been somebody's. Those above are room to grow, and nobody looks at them. */
export type SlotsInUse = Pick<StateShape, 'routes' | 'upstreams' | 'targets'>;

const slotKinds = ['routes', 'upstreams', 'targets'] as const satisfies readonly (keyof SlotsInUse)[];

/** Says so, before the first of them is used; only the control thread does. Until it is said, all are in use. */
export function setSlotsInUse({ buffer }: SharedState, slots: SlotsInUse): void {
  const words = new Int32Array(buffer, 0, headerBytes / 4);
  for (const [position, kind] of slotKinds.entries()) Atomics.store(words, headerWord.inUse + position, slots[kind]);
}

/** How far whoever walks through slots has to go. */
export function slotsInUse({ buffer }: SharedState): SlotsInUse {
  const words = new Int32Array(buffer, 0, headerBytes / 4);
  const [routes, upstreams, targets] = slotKinds.map((_, position) =>
    Atomics.load(words, headerWord.inUse + position),
  ) as [number, number, number];
  return { routes, upstreams, targets };
}

/** Lays out a zeroed shared memory. Throws a RangeError that names the number in `requested` that cannot be. */
export function createSharedState(requested: RequestedShape): SharedState {
  const shape: StateShape = { ...requested, buckets: requested.buckets ?? defaultBuckets };
  assertShape(shape);
  const buffer = new SharedArrayBuffer(computeOffsets(shape).totalBytes);
  const words = new Int32Array(buffer, 0, headerBytes / 4);
  words[headerWord.magic] = magic;
  words[headerWord.version] = version;
  const seed = randomBytes(8);
  words[headerWord.seedHigh] = seed.readInt32LE(0);
  words[headerWord.seedLow] = seed.readInt32LE(4);
  for (const [position, name] of shapeNames.entries()) words[headerWord.shape + position] = shape[name];
  const [seconds, nanoseconds] = process.hrtime();
  new Float64Array(buffer, epochByte, 1)[0] = seconds * 1e6 + Math.floor(nanoseconds / 1e3);
  const state = attachSharedState(buffer);
  setSlotsInUse(state, shape);
  return state;
}

/** Reads the header of a memory that `createSharedState` laid out; throws if it is something else. */
export function attachSharedState(buffer: SharedArrayBuffer): SharedState {
  if (buffer.byteLength < headerBytes) throw new Error('This shared memory has no header of a gateway state.');
  const words = new Int32Array(buffer, 0, headerBytes / 4);
  const word = (position: number): number => words[position] ?? 0;
  if (word(headerWord.magic) !== magic) throw new Error('This shared memory is not a gateway state.');
  if (word(headerWord.version) !== version) {
    throw new Error(
      `This shared memory has layout ${word(headerWord.version)}, but this program knows layout ${version}: ` +
        'both threads must run the same version.',
    );
  }
  const [workers, routes, upstreams, targets, series, buckets] = shapeNames.map((_, position) =>
    word(headerWord.shape + position),
  ) as [number, number, number, number, number, number];
  const shape: StateShape = { workers, routes, upstreams, targets, series, buckets };
  assertShape(shape);
  const offsets = computeOffsets(shape);
  if (buffer.byteLength !== offsets.totalBytes) {
    throw new Error(`This shared memory has ${buffer.byteLength} bytes, but its header says ${offsets.totalBytes}.`);
  }
  return {
    buffer,
    shape,
    offsets,
    hashSeedHigh: word(headerWord.seedHigh),
    hashSeedLow: word(headerWord.seedLow),
    epochMicros: new Float64Array(buffer, epochByte, 1)[0] ?? 0,
  };
}

/** The one place that knows what lies where. Every section and every worker's part begins on a cache line. */
export function computeOffsets(shape: StateShape): StateOffsets {
  let end = 0;
  const place = (bytes: number): number => {
    const start = end;
    end = alignToLine(start + bytes);
    return start;
  };
  const countersPerWorker = alignToLine(
    8 * (scalarCounterWords + 3 * shape.upstreams + 2 * shape.routes * refusalWords + 1 + shape.series) +
      4 * (1 + shape.series + seriesTableSlots(shape.series)),
  );
  const loadsPerSlot = alignToLine(shape.workers * 4);
  const successRunsPerWorker = alignToLine(shape.upstreams * epochCountBytes);
  const recentRequestsPerWorker = alignToLine(shape.upstreams * secondsKept * epochCountBytes);
  const histogramRows = shape.routes + shape.upstreams;
  const histogramsPerWorker = alignToLine(histogramRows * (2 * 8 + 4 * bucketsPerHistogram));
  place(headerBytes);
  return {
    cursors: place(shape.upstreams * lineBytes),
    targetStates: place(shape.targets * lineBytes),
    targetChanges: place(lineBytes),
    targetLoads: place(shape.targets * loadsPerSlot),
    upstreamLoads: place(shape.upstreams * loadsPerSlot),
    loadsPerSlot,
    breakers: place(shape.upstreams * breakerBytes),
    successRuns: place(shape.workers * successRunsPerWorker),
    successRunsPerWorker,
    recentRetries: place(shape.upstreams * alignToLine(secondsKept * 4)),
    recentRequests: place(shape.workers * recentRequestsPerWorker),
    recentRequestsPerWorker,
    bucketGroups: place(bucketGroupsOf(shape) * lineBytes),
    bucketLines: place(shape.workers * lineBytes),
    holdLocks: place((holdSlots / slotsPerHoldGroup) * 4),
    holdHashes: place(holdSlots * 8),
    holdCounts: place(holdSlots * shape.workers * 2),
    holdOverflows: place(shape.workers * lineBytes),
    counters: place(shape.workers * countersPerWorker),
    countersPerWorker,
    histograms: place(shape.workers * histogramsPerWorker),
    histogramsPerWorker,
    totalBytes: end,
  };
}

/** How many groups there are, a power of two. */
export function bucketGroupsOf({ buckets }: Pick<StateShape, 'buckets'>): number {
  return buckets / bucketsPerGroup;
}

/** At most half of the table is ever filled, so that a search ends after a few steps even when no more is taken in. */
export function seriesTableSlots(series: number): number {
  return 2 ** Math.ceil(Math.log2(series * 2));
}

/** The words of one upstream's circuit breaker, on a cache line of their own; all zero at first. Its slots follow it. */
export function breakerWordsOf(state: SharedState, upstreamSlot: number): Int32Array<SharedArrayBuffer> {
  assertUpstreamSlot(state, upstreamSlot);
  return new Int32Array(state.buffer, state.offsets.breakers + upstreamSlot * breakerBytes, breakerWords);
}

/** Throws unless the memory has room for this upstream. */
export function assertUpstreamSlot(state: SharedState, upstreamSlot: number): void {
  if (!Number.isInteger(upstreamSlot) || upstreamSlot < 0 || upstreamSlot >= state.shape.upstreams) {
    throw new RangeError(`Upstream slot ${upstreamSlot} is not below ${state.shape.upstreams}.`);
  }
}

/** Throws unless the memory has a region for this worker. */
export function assertWorkerIndex(state: SharedState, workerIndex: number): void {
  if (!Number.isInteger(workerIndex) || workerIndex < 0 || workerIndex >= state.shape.workers) {
    throw new RangeError(`Worker ${workerIndex} has no region: the state was made for ${state.shape.workers} workers.`);
  }
}

function alignToLine(bytes: number): number {
  return Math.ceil(bytes / lineBytes) * lineBytes;
}

function assertShape(shape: StateShape): void {
  for (const name of shapeNames) {
    const value = shape[name];
    const least = name === 'upstreams' || name === 'targets' ? 0 : 1;
    if (!Number.isInteger(value) || value < least || value > 2 ** 30) {
      throw new RangeError(`The shared state cannot have ${value} ${name}: a whole number from ${least} is needed.`);
    }
  }
  if (shape.routes > maxRoutes) throw new RangeError(`The shared state has room for at most ${maxRoutes} routes.`);
  if (shape.buckets < 8 || (shape.buckets & (shape.buckets - 1)) !== 0) {
    throw new RangeError(`The shared state needs a power of two of buckets, at least 8, not ${shape.buckets}.`);
  }
}
