import type { Config } from '../config/schema.ts';
import type { Clock, Logger } from '../core/ports.ts';
import type { SlotAssignments } from '../core/worker-messages.ts';
import { targetHealthy, targetUnhealthy, type TargetStates } from '../state/target-states.ts';
import { probeHealth } from './health-probe.ts';
import { targetSlotName } from './slots.ts';

export interface HealthChecksOptions {
  readonly config: Config;
  readonly slots: SlotAssignments;
  readonly states: TargetStates;
  readonly logger: Logger;
  readonly clock: Clock;
  /** From 0 up to, but not including, 1. */
  readonly random?: () => number;
}

interface CheckedTarget {
  readonly upstream: string;
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly slot: number;
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** The first checks are made within this time, so that a target that is down is known soon. */
const firstCheckMs = 500;
const jitter = 0.1;

/** An interval made up to a tenth shorter or longer by chance, so that checks of many gateways do not come together. */
export function spreadInterval(intervalMs: number, random: number): number {
  return intervalMs * (1 - jitter + 2 * jitter * random);
}

/**
 * Asks each target for its health, again and again, one check of a target at a time. A 200 is healthy. The verdicts go
 * to the shared memory, where the workers see them; each change is logged once.
 */
export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #targets: readonly CheckedTarget[];
  readonly #random: () => number;
  readonly #problems = new Map<number, string>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(options: HealthChecksOptions) {
    this.#options = options;
    this.#targets = listTargets(options.config, options.slots);
    this.#random = options.random ?? Math.random;
  }

  /** Why the target's last check failed; null where it did not, or where there was none. */
  problem(targetSlot: number): string | null {
    return this.#problems.get(targetSlot) ?? null;
  }

  start(): void {
    for (const target of this.#targets) {
      this.#schedule(target, this.#random() * Math.min(firstCheckMs, target.intervalMs));
    }
  }

  /** Resolves when no check is under way any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#running);
  }

  #schedule(target: CheckedTarget, delayMs: number): void {
    const timer = setTimeout(() => {
      const run = this.#check(target).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }, delayMs);
    this.#timers.set(target.slot, timer);
  }

  async #check(target: CheckedTarget): Promise<void> {
    const { clock, states } = this.#options;
    const startedMs = clock.now();
    const problem = await probeHealth({ ...target, signal: this.#stopped.signal });
    if (this.#stopped.signal.aborted) return;
    const durationMs = clock.now() - startedMs;
    states.recordCheck(target.slot, { wallTimeMs: clock.wallTime(), durationMs });
    this.#judge(target, problem);
    this.#schedule(target, Math.max(0, spreadInterval(target.intervalMs, this.#random()) - durationMs));
  }

  #judge(target: CheckedTarget, problem: string | null): void {
    const { logger, states } = this.#options;
    const { slot, upstream, url } = target;
    const before = states.health(slot);
    if (problem === null) {
      this.#problems.delete(slot);
      states.setHealth(slot, targetHealthy);
      // A target counts as healthy before its first check: that it is so is no change.
      if (before === targetUnhealthy) logger.log('info', 'a target is healthy again', { upstream, target: url });
      return;
    }
    this.#problems.set(slot, problem);
    states.setHealth(slot, targetUnhealthy);
    if (before !== targetUnhealthy) {
      logger.log('warn', 'a target is unhealthy', { upstream, target: url, reason: problem });
    }
  }
}

function listTargets(config: Config, slots: SlotAssignments): CheckedTarget[] {
  return Object.entries(config.upstreams).flatMap(([upstream, { health, targets }]) => {
    if (health === false) return [];
    return targets.map(({ url, host, port }) => {
      const slot = slots.targets[targetSlotName(upstream, url)];
      if (slot === undefined) throw new Error(`The target ${url} of ${upstream} has no slot.`);
      return {
        upstream,
        url,
        host,
        port,
        slot,
        path: health.path,
        intervalMs: health.interval,
        timeoutMs: health.timeout,
      };
    });
  });
}
