import { clearRouteCounts, clearUpstreamCounts } from './counters.ts';
import { clearRequestHistogram, clearUpstreamHistogram } from './histogram.ts';
import { breakerBytes, epochCountBytes, lineBytes, secondsKept, type SharedState } from './layout.ts';

// For slots that nobody uses any more and that somebody else is about to get: only the control thread may call these, and
// before the workers hear of the new owner.

/** Forgets all that was counted of the requests of a route. */
export function clearRouteSlot(state: SharedState, routeSlot: number): void {
  clearRouteCounts(state, routeSlot);
  clearRequestHistogram(state, routeSlot);
}

/** Forgets all that was counted of an upstream; its breaker is closed, and its rotation begins anew. */
export function clearUpstreamSlot(state: SharedState, upstreamSlot: number): void {
  clearUpstreamCounts(state, upstreamSlot);
  clearUpstreamHistogram(state, upstreamSlot);
  const { offsets, shape } = state;
  const recentBytes = secondsKept * epochCountBytes;
  clear(state, offsets.cursors + upstreamSlot * lineBytes, lineBytes);
  clear(state, offsets.upstreamLoads + upstreamSlot * offsets.loadsPerSlot, offsets.loadsPerSlot);
  clear(state, offsets.breakers + upstreamSlot * breakerBytes, breakerBytes);
  clear(state, offsets.recentRetries + upstreamSlot * secondsKept * 4, secondsKept * 4);
  for (let worker = 0; worker < shape.workers; worker += 1) {
    const runs = offsets.successRuns + worker * offsets.successRunsPerWorker;
    clear(state, runs + upstreamSlot * epochCountBytes, epochCountBytes);
    const recent = offsets.recentRequests + worker * offsets.recentRequestsPerWorker;
    clear(state, recent + upstreamSlot * recentBytes, recentBytes);
  }
}

/** Forgets all that is known of a target. */
export function clearTargetSlot(state: SharedState, targetSlot: number): void {
  const { targetStates, targetLoads, loadsPerSlot } = state.offsets;
  clear(state, targetStates + targetSlot * lineBytes, lineBytes);
  clear(state, targetLoads + targetSlot * loadsPerSlot, loadsPerSlot);
}

function clear({ buffer }: SharedState, start: number, bytes: number): void {
  new Int32Array(buffer, start, bytes / 4).fill(0);
}
