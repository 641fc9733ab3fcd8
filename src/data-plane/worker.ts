/** The entry of a worker thread: serves traffic and nothing else. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, Program, ToWorker, WorkerStart } from '../core/worker-messages.ts';
import { TimerWheel } from '../lib/timer-wheel.ts';
import { turnClock } from '../lib/turn-clock.ts';
import { compileSnapshot, type SnapshotSource } from '../snapshot/compile.ts';
import { LiveSnapshot } from '../snapshot/live-snapshot.ts';
import { Resources } from '../snapshot/resources.ts';
import { WorkerCounters } from '../state/counters.ts';
import { WorkerHistograms } from '../state/histogram.ts';
import { attachSharedState } from '../state/layout.ts';
import { DateField } from './date-field.ts';
import { drain } from './drain.ts';
import { ExchangeStock } from './exchange-stock.ts';
import { Listener } from './listener.ts';
import { RequestIds } from './request-ids.ts';
import type { WorkerContext } from './worker-context.ts';

/** Deadlines are kept to this. */
const tickMs = 20;

const start = workerData as WorkerStart<SnapshotSource>;
const control = parentPort;
if (control === null) throw new Error('this file runs as a worker thread only');

function say(message: FromWorker): void {
  control?.postMessage(message);
}

const state = attachSharedState(start.sharedState);
const clock = turnClock;
const wheel = new TimerWheel({ tickMs, clock: () => clock.refresh() });
const resources = new Resources({ state, wheel, clock });
const compileContext = { resources, gatewaySocket: start.gatewaySocket };
const ctx: WorkerContext = {
  live: new LiveSnapshot(compileSnapshot(start.program, compileContext)),
  clock,
  wheel,
  counters: new WorkerCounters(state, start.index),
  histograms: new WorkerHistograms(state, start.index),
  targetStates: resources.targetStates,
  requestIds: new RequestIds(),
  dateField: new DateField(clock),
  connections: new Set(),
  draining: false,
  log: (level, message, fields) =>
    say(fields === undefined ? { kind: 'log', level, message } : { kind: 'log', level, message, fields }),
};
const exchanges = new ExchangeStock(ctx);
const listeners: Listener[] = [];

async function serve(program: Program<SnapshotSource>): Promise<void> {
  say({ kind: 'accepted', version: program.version });
  for (const address of ctx.live.current.listeners) listeners.push(await Listener.open(address, ctx, exchanges));
  say({ kind: 'programmed', version: program.version });
}

function refuse(version: number, error: unknown): void {
  say({ kind: 'refused', version, reason: error instanceof Error ? error.message : String(error) });
}

control.on('message', (message: ToWorker<SnapshotSource>) => {
  if (message.kind !== 'drain') return;
  void drain({ ctx, listeners, timeoutMs: message.timeoutMs }).then(() => {
    resources.retain(new Set());
    wheel.stop();
    say({ kind: 'drained' });
    control.close();
  });
});

serve(start.program).catch((error: unknown) => refuse(start.program.version, error));
