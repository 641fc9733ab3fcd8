import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema.ts';
import type { Clock, Logger } from '../core/ports.ts';
import type { SlotAssignments } from '../core/worker-messages.ts';
import { targetHealthy, targetUnhealthy, targetUnknown, type TargetStates } from '../state/target-states.ts';
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
  /** Checks in a row that make it unhealthy, and those that make an unhealthy one healthy. */
  readonly unhealthyAfter: number;
  readonly healthyAfter: number;
}

/** One target's checks, from the first to the last. */
interface Watch {
  readonly target: CheckedTarget;
  readonly stopped: AbortController;
  /** Checks in a row that speak against what the target counts as. */
  contrary: number;
  timer: NodeJS.Timeout | undefined;
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
  readonly #random: () => number;
  readonly #problems = new Map<number, string>();
  /** By the names of the targets' slots. */
  #watches: ReadonlyMap<string, Watch> = new Map();
  readonly #running = new Set<Promise<void>>();

  constructor(options: HealthChecksOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** Why the target's last check failed; null where it did not, or where there was none. */
  problem(targetSlot: number): string | null {
    return this.#problems.get(targetSlot) ?? null;
  }

  start(): void {
    const { config, slots } = this.#options;
    this.#watchTargets(listTargets(config, slots));
  }

  /**
   * Checks the targets of another configuration from now on. Targets that are checked as before notice nothing; one that
   * is still there and not checked any more counts as one that nobody has tried.
   */
  update(config: Config, slots: SlotAssignments): void {
    const before = this.#watches;
    this.#watchTargets(listTargets(config, slots));
    for (const [name, { target }] of before) {
      if (this.#watches.has(name)) continue;
      this.#problems.delete(target.slot);
      if (slots.targets[name] === target.slot) this.#options.states.setHealth(target.slot, targetUnknown);
    }
  }

  /** Resolves when no check is under way any more. */
  async stop(): Promise<void> {
    for (const watch of this.#watches.values()) stopWatch(watch);
    await Promise.all(this.#running);
  }

  #watchTargets(targets: readonly CheckedTarget[]): void {
    const watches = new Map<string, Watch>();
    for (const target of targets) {
      const name = targetSlotName(target.upstream, target.url);
      const known = this.#watches.get(name);
      watches.set(name, known !== undefined && isDeepStrictEqual(known.target, target) ? known : this.#watch(target));
    }
    for (const [name, watch] of this.#watches) if (watches.get(name) !== watch) stopWatch(watch);
    this.#watches = watches;
  }

  #watch(target: CheckedTarget): Watch {
    const watch: Watch = { target, stopped: new AbortController(), contrary: 0, timer: undefined };
    this.#schedule(watch, this.#random() * Math.min(firstCheckMs, target.intervalMs));
    return watch;
  }

  #schedule(watch: Watch, delayMs: number): void {
    watch.timer = setTimeout(() => {
      const run = this.#check(watch).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }, delayMs);
  }

  async #check(watch: Watch): Promise<void> {
    const { clock, states } = this.#options;
    const { target, stopped } = watch;
    const startedMs = clock.now();
    const problem = await probeHealth({ ...target, signal: stopped.signal });
    if (stopped.signal.aborted) return;
    const durationMs = clock.now() - startedMs;
    states.recordCheck(target.slot, { wallTimeMs: clock.wallTime(), durationMs });
    this.#judge(watch, problem);
    this.#schedule(watch, Math.max(0, spreadInterval(target.intervalMs, this.#random()) - durationMs));
  }

  #judge(watch: Watch, problem: string | null): void {
    const { logger, states } = this.#options;
    const { slot, upstream, url, unhealthyAfter, healthyAfter } = watch.target;
    const before = states.health(slot);
    if (problem === null) this.#problems.delete(slot);
    else this.#problems.set(slot, problem);
    watch.contrary = (problem === null) === (before !== targetUnhealthy) ? 0 : watch.contrary + 1;
    if (watch.contrary > 0 && watch.contrary < (problem === null ? healthyAfter : unhealthyAfter)) return;
    watch.contrary = 0;
    if (problem === null) {
      states.setHealth(slot, targetHealthy);
      // A target counts as healthy before its first check: that it is so is no change.
      if (before === targetUnhealthy) logger.log('info', 'a target is healthy again', { upstream, target: url });
      return;
    }
    states.setHealth(slot, targetUnhealthy);
    if (before !== targetUnhealthy) {
      logger.log('warn', 'a target is unhealthy', { upstream, target: url, reason: problem });
    }
  }
}

function stopWatch({ stopped, timer }: Watch): void {
  stopped.abort();
  clearTimeout(timer);
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
        unhealthyAfter: health.unhealthy_after,
        healthyAfter: health.healthy_after,
      };
    });
  });
}
