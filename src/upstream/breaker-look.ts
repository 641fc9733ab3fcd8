import {
  controlWord,
  countMask,
  generationOf,
  phaseHalfOpen,
  phaseMask,
  phaseOpen,
  readOpenedAtMs,
  type BreakerWords,
} from '../state/breaker-state.ts';

/** A circuit breaker at one moment. */
export interface BreakerLook {
  /** `open` even where its time is over: the next request makes it half-open. */
  readonly state: 'closed' | 'open' | 'half-open';
  /** Whether a request that asked now would pass. */
  readonly passes: boolean;
  /** Failures in a row while closed, successes in a row while half-open, and while open the failures that opened it. */
  readonly count: number;
  /** Until the next request is let by, in whole milliseconds; 0 where it would pass now, or nobody can say. */
  readonly retryAfterMs: number;
  /** Half-open requests under way. */
  readonly underWay: number;
}

/** What a breaker would answer at this moment, told from its words alone. */
export function lookAtBreaker(
  shared: BreakerWords,
  options: { readonly resetTimeoutMs: number; readonly halfOpenRequests: number },
  nowMicros: number,
): BreakerLook {
  const control = Atomics.load(shared.words, controlWord);
  const phase = control & phaseMask;
  const underWay = countSlots(shared, options.halfOpenRequests);
  const common = { count: control & countMask, underWay };
  if (phase === phaseOpen) {
    const openedMs = readOpenedAtMs(shared, generationOf(control)) ?? Math.ceil(nowMicros / 1000);
    const leftMs = Math.max(0, Math.ceil(openedMs + options.resetTimeoutMs - nowMicros / 1000));
    const passes = leftMs === 0 && underWay < options.halfOpenRequests;
    return { state: 'open', passes, ...common, retryAfterMs: leftMs };
  }
  if (phase === phaseHalfOpen) {
    return { state: 'half-open', passes: underWay < options.halfOpenRequests, ...common, retryAfterMs: 0 };
  }
  return { state: 'closed', passes: true, ...common, retryAfterMs: 0 };
}

function countSlots({ slots }: BreakerWords, wanted: number): number {
  let taken = 0;
  for (let slot = 0; slot < wanted; slot += 1) if (Atomics.load(slots, slot) !== 0) taken += 1;
  return taken;
}
