/** A thread that does one thing in the shared memory for a while; it begins when all are ready. */
import { parentPort, workerData } from 'node:worker_threads';
import { do_not_optimize as keep } from 'mitata';
import type { SharedState } from '../../src/state/layout.ts';
import { contendedWords, type ContendedName } from './contended-words.ts';

export interface ContendingSetting {
  readonly name: ContendedName;
  readonly state: SharedState;
  readonly thread: number;
  readonly threads: number;
  /** One word: how many are ready. */
  readonly gate: Int32Array;
  readonly milliseconds: number;
}

const callsAtOnce = 1_000;
const warmUpMs = 100;

const { name, state, thread, threads, gate, milliseconds } = workerData as ContendingSetting;
const call = contendedWords[name](state, thread);
callFor(warmUpMs);
Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < threads) Atomics.wait(gate, 0, Atomics.load(gate, 0), 1);
parentPort?.postMessage(callFor(milliseconds));

/** Nanoseconds of processor time and of time for a call. */
function callFor(lengthMs: number): { readonly processorNanos: number; readonly nanos: number } {
  const beginMs = performance.now();
  const begun = process.threadCpuUsage();
  let calls = 0;
  while (performance.now() - beginMs < lengthMs) {
    for (let count = 0; count < callsAtOnce; count += 1) keep(call());
    calls += callsAtOnce;
  }
  const used = process.threadCpuUsage(begun);
  return {
    processorNanos: ((used.user + used.system) * 1e3) / calls,
    nanos: ((performance.now() - beginMs) * 1e6) / calls,
  };
}
