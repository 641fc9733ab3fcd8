import type { SharedState } from './layout.ts';
import { targetWord as word, wordsPerTarget } from './target-words.ts';

// What a request to a target costs in time, as all workers know it: a peak-sensitive, exponentially weighted moving
// average. An answer that took longer than the average makes it jump there at once; quicker ones bring it down again
// with a time constant of ten seconds. So a target that gets slow is avoided with the first slow answer, and is trusted
// again as its answers, or the time without any, say so. It is the measure that Finagle's load balancer "p2c peak EWMA"
// uses (twitter.github.io/finagle/guide/Clients.html, `com.twitter.finagle.loadbalancer.PeakEwma`), and linkerd after it
// (linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency).
//
// Two words: the average, as the bits of a 32-bit float of microseconds, and when it was brought up to date. A worker
// that has an answer takes the time since then for itself, by one compare-and-swap, and weighs its answer with that; of
// two that have one at the same moment the other's weighs nothing, unless it is a peak. So no span of time counts twice.

const timeConstantMicros = 10_000_000;
/** The unit of `costAt`: its 32 bits last for three days, and an average that is older is as good as none. */
const microsPerTick = 64;
/** A thread may have read the clock this much later than another that looks at what it said. */
const mostSkewTicks = 16_384;
/** A target that fails gets no cheaper than this, and no dearer than that. */
const leastPenaltyMicros = 1_000;
const mostPenaltyMicros = 10_000_000;

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** How long the targets take to begin an answer. */
export class TargetCosts {
  readonly #words: Int32Array;
  readonly #clock: { nowMicros(): number };

  /** `clock` is a `SharedClock` of the state. */
  constructor({ buffer, offsets, shape }: SharedState, clock: { nowMicros(): number }) {
    this.#words = new Int32Array(buffer, offsets.targetStates, shape.targets * wordsPerTarget);
    this.#clock = clock;
  }

  /** In microseconds, as it has faded up to now; 0 where there was no answer yet. */
  of(targetSlot: number): number {
    const start = targetSlot * wordsPerTarget;
    const cost = toFloat(Atomics.load(this.#words, start + word.cost));
    return cost === 0 ? 0 : cost * fading(this.#ticksSince(Atomics.load(this.#words, start + word.costAt)));
  }

  /** The target has begun an answer. */
  observe(targetSlot: number, micros: number): void {
    const at = targetSlot * wordsPerTarget + word.cost;
    const kept = this.#takeTime(targetSlot);
    for (;;) {
      const before = Atomics.load(this.#words, at);
      const cost = toFloat(before);
      const next = micros >= cost ? micros : cost * kept + micros * (1 - kept);
      if (Atomics.compareExchange(this.#words, at, before, toBits(next)) === before) return;
    }
  }

  /** The target has answered that it failed: however quick that was, it is no reason to send it more. */
  observeFailure(targetSlot: number, micros: number): void {
    const cost = toFloat(Atomics.load(this.#words, targetSlot * wordsPerTarget + word.cost));
    this.observe(targetSlot, Math.max(micros, cost));
  }

  /** The target gave no answer: it costs twice as much from now on. */
  penalise(targetSlot: number, micros: number): void {
    const twice = Math.min(mostPenaltyMicros, Math.max(leastPenaltyMicros, 2 * this.of(targetSlot)));
    this.observeFailure(targetSlot, Math.max(micros, twice));
  }

  /** The share of the average that is left after the time since the last answer, which is the caller's alone. */
  #takeTime(targetSlot: number): number {
    const at = targetSlot * wordsPerTarget + word.costAt;
    const before = Atomics.load(this.#words, at);
    const ticks = this.#ticksSince(before);
    if (ticks === 0 || Atomics.compareExchange(this.#words, at, before, (before + ticks) | 0) !== before) return 1;
    return fading(ticks);
  }

  #ticksSince(since: number): number {
    const now = Math.floor(this.#clock.nowMicros() / microsPerTick);
    const ticks = (now - since) >>> 0;
    return ticks >= 2 ** 32 - mostSkewTicks ? 0 : ticks;
  }
}

function fading(ticks: number): number {
  return ticks === 0 ? 1 : Math.exp((-ticks * microsPerTick) / timeConstantMicros);
}

function toFloat(word32: number): number {
  bits[0] = word32;
  return float[0] ?? 0;
}

function toBits(value: number): number {
  float[0] = value;
  return bits[0] ?? 0;
}
