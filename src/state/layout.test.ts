import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attachSharedState,
  breakerWordsOf,
  computeOffsets,
  createSharedState,
  defaultBuckets,
  lineBytes,
  mostHalfOpenRequests,
  secondsKept,
  type StateShape,
} from './layout.ts';

const shape: StateShape = { workers: 3, routes: 5, upstreams: 2, targets: 7, series: 10, buckets: 64 };

test('what is attached has the shape, the seed and the epoch of what was created', () => {
  const created = createSharedState(shape);
  const attached = attachSharedState(created.buffer);
  assert.deepEqual(attached, created);
  assert.deepEqual(attached.shape, shape);
  assert.ok(created.epochMicros > 0 && Number.isInteger(created.epochMicros));
});

test('every state has a seed of its own', () => {
  const seeds = Array.from({ length: 4 }, () => {
    const { hashSeedHigh, hashSeedLow } = createSharedState(shape);
    return `${hashSeedHigh} ${hashSeedLow}`;
  });
  assert.equal(new Set(seeds).size, 4);
});

test('the sections follow each other on whole cache lines and have room for what they hold', () => {
  const offsets = computeOffsets(shape);
  const sections = [
    { start: offsets.cursors, bytes: 2 * lineBytes },
    { start: offsets.targetStates, bytes: 7 * lineBytes },
    { start: offsets.targetChanges, bytes: lineBytes },
    { start: offsets.targetLoads, bytes: 7 * offsets.loadsPerSlot },
    { start: offsets.upstreamLoads, bytes: 2 * offsets.loadsPerSlot },
    { start: offsets.breakers, bytes: 2 * (lineBytes + 2 * mostHalfOpenRequests) },
    { start: offsets.successRuns, bytes: 3 * offsets.successRunsPerWorker },
    { start: offsets.recentRetries, bytes: 2 * secondsKept * 4 },
    { start: offsets.recentRequests, bytes: 3 * offsets.recentRequestsPerWorker },
    { start: offsets.bucketGroups, bytes: 16 * lineBytes },
    { start: offsets.bucketLines, bytes: 3 * lineBytes },
    { start: offsets.counters, bytes: 3 * offsets.countersPerWorker },
    { start: offsets.histograms, bytes: 3 * offsets.histogramsPerWorker },
  ];
  for (const [position, { start, bytes }] of sections.entries()) {
    assert.equal(start % lineBytes, 0);
    assert.ok(start + bytes <= (sections[position + 1]?.start ?? offsets.totalBytes), `section ${position}`);
  }
  assert.ok(offsets.loadsPerSlot % lineBytes === 0 && offsets.loadsPerSlot >= 3 * 4);
  assert.equal(offsets.successRunsPerWorker % lineBytes, 0);
  assert.equal(offsets.recentRequestsPerWorker % lineBytes, 0);
  assert.equal(offsets.countersPerWorker % lineBytes, 0);
  assert.equal(offsets.histogramsPerWorker % lineBytes, 0);
});

test('the number of buckets has a default', () => {
  const { buckets: _, ...withoutBuckets } = shape;
  assert.equal(createSharedState(withoutBuckets).shape.buckets, defaultBuckets);
});

test('a memory that is not a state, or of another layout, or cut short, is refused', () => {
  assert.throws(() => attachSharedState(new SharedArrayBuffer(8)), /no header/);
  assert.throws(() => attachSharedState(new SharedArrayBuffer(4096)), /not a gateway state/);
  const other = createSharedState(shape).buffer;
  new Int32Array(other)[1] = 99;
  assert.throws(() => attachSharedState(other), /has layout 99, but this program knows layout 1/);
  const { buffer } = createSharedState(shape);
  const short = new SharedArrayBuffer(buffer.byteLength - lineBytes);
  new Uint8Array(short).set(new Uint8Array(buffer, 0, short.byteLength));
  assert.throws(() => attachSharedState(short), /its header says/);
});

test('a shape that cannot be is refused with the number in the message', () => {
  assert.throws(() => createSharedState({ ...shape, workers: 0 }), /cannot have 0 workers/);
  assert.throws(() => createSharedState({ ...shape, targets: 1.5 }), /cannot have 1.5 targets/);
  assert.throws(() => createSharedState({ ...shape, buckets: 100 }), /power of two of buckets, at least 8, not 100/);
  assert.throws(() => createSharedState({ ...shape, buckets: 4 }), /at least 8, not 4/);
  assert.throws(() => createSharedState({ ...shape, routes: 300_000 }), /at most 262144 routes/);
  assert.equal(createSharedState({ ...shape, upstreams: 0, targets: 0 }).shape.upstreams, 0);
});

test('each upstream has eight breaker words that are nobody else’s', () => {
  const state = createSharedState(shape);
  breakerWordsOf(state, 0).fill(1);
  breakerWordsOf(state, 1).fill(2);
  assert.deepEqual([...breakerWordsOf(state, 0)], new Array(8).fill(1));
  assert.deepEqual([...breakerWordsOf(state, 1)], new Array(8).fill(2));
  const ones = [
    ...new Int32Array(state.buffer, state.offsets.cursors, (state.offsets.breakers - state.offsets.cursors) / 4),
  ];
  assert.ok(ones.every((word) => word === 0));
  assert.throws(() => breakerWordsOf(state, 2), /Upstream slot 2 is not below 2/);
});
