import type { Address } from '../config/address.ts';
import type { Issue } from '../config/issues.ts';
import type { Config } from '../config/schema.ts';
import type { Clock, Logger } from '../core/ports.ts';
import type { Program } from '../core/worker-messages.ts';
import { clearRouteSlot, clearTargetSlot, clearUpstreamSlot } from '../state/clear-slots.ts';
import { setSlotsInUse, type SharedState } from '../state/layout.ts';
import { TargetStates } from '../state/target-states.ts';
import { ConfigRefusal } from './config-refusal.ts';
import type { DurationWindow } from './duration-window.ts';
import type { HealthChecks } from './health-checks.ts';
import {
  placeOfAddress,
  refuseStartError,
  withFoundAddresses,
  type ListenPlan,
  type ListenProposal,
} from './listen-plan.ts';
import { findRestartIssues } from './restart-issues.ts';
import { createRunningProgram, type LoadedProgram, type RunningProgram } from './running-program.ts';
import type { LackOfRoom, SlotBook, SlotProposal } from './slot-book.ts';
import { listSlotNames } from './slots.ts';
import type { Workers } from './workers.ts';

/** The listener of the gateway's own endpoints, where it has one. */
export interface AdminPlace {
  /** Opens this address beside the one that is open. Rejects with a StartError, and has opened nothing then. */
  prepare(address: Address | null): Promise<void>;
  commit(): void;
  abandon(): Promise<void>;
}

export interface ProgramSwitchParts {
  readonly state: SharedState;
  readonly slots: SlotBook;
  readonly plan: ListenPlan;
  readonly workers: Workers<Config>;
  readonly healthChecks: HealthChecks;
  readonly durations: DurationWindow;
  readonly admin: AdminPlace;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Rejects with why this file cannot be written to. */
  readonly checkAccessLog: (config: Config) => Promise<void>;
  /** What is served at the start. */
  readonly first: RunningProgram;
  /** How long a worker may take to make a version ready, and again to serve it. */
  readonly patienceMs?: number;
}

const usualPatienceMs = 10_000;

interface Change {
  readonly next: RunningProgram;
  readonly slots: SlotProposal;
  readonly places: ListenProposal;
}

/**
 * Brings the gateway from one configuration to the next. First whatever can fail, beside what is served: addresses, the
 * access log, slots in shared memory, and every worker makes the new version ready. If anything fails, all of it is
 * undone and nothing has changed. Then one message to each worker, after which every new request meets the new version.
 */
export class ProgramSwitch {
  readonly #parts: ProgramSwitchParts;
  readonly #patienceMs: number;
  readonly #targets: TargetStates;
  #current: RunningProgram;
  /** As it was asked for: with port 0 where the system is to choose. */
  #wantedText: string;
  #lastVersion: number;

  constructor(parts: ProgramSwitchParts, wanted: LoadedProgram) {
    this.#parts = parts;
    this.#patienceMs = parts.patienceMs ?? usualPatienceMs;
    this.#targets = new TargetStates(parts.state);
    this.#current = parts.first;
    this.#wantedText = textOf(wanted);
    this.#lastVersion = parts.first.version;
  }

  get current(): RunningProgram {
    return this.#current;
  }

  /** Whether this is what is served already. */
  isServed(wanted: LoadedProgram): boolean {
    return textOf(wanted) === this.#wantedText;
  }

  /**
   * Serves this from now on. Only one at a time may be under way.
   *
   * @returns false where it is what is served already
   * @throws ConfigRefusal where it cannot be served; what is served stays
   */
  async apply(wanted: LoadedProgram): Promise<boolean> {
    if (this.isServed(wanted)) return false;
    const change = await this.#prepare(wanted);
    this.#commit(change);
    this.#wantedText = textOf(wanted);
    const { workers, logger } = this.#parts;
    if (!(await workers.whenProgrammed(this.#patienceMs))) {
      logger.log('warn', 'not every worker serves the new configuration yet', {
        version: change.next.version,
        programmed: workers.programmedVersions.join(' '),
      });
    }
    return true;
  }

  async #prepare(wanted: LoadedProgram): Promise<Change> {
    const { plan, workers, admin, clock } = this.#parts;
    const { config, policyModules } = wanted;
    refuseIfAny(findRestartIssues(this.#current.config, config));
    const slots = this.#proposeSlots(config);
    const places = await plan
      .propose(config)
      .catch((error: unknown) => refuseStartError(error, placeOfAddress(error, config)));
    const served = withFoundAddresses(config, places);
    await this.#checkAccessLog(config);
    await admin
      .prepare(places.admin?.found ?? null)
      .catch((error: unknown) => refuseStartError(error, 'admin.address'));
    this.#lastVersion += 1;
    const version = this.#lastVersion;
    const program: Program<Config> = { version, config: served, slots: slots.slots, policyModules };
    const reasons = await workers.prepare(program, this.#patienceMs);
    if (reasons.length > 0) {
      workers.abandon();
      await admin.abandon();
      throw new ConfigRefusal(reasons.map((message) => ({ path: '', message })));
    }
    const before = this.#current.patterns;
    const loaded = { config: served, policyModules };
    const next = createRunningProgram({
      program: loaded,
      version,
      loadedAtMs: clock.wallTime(),
      slots: slots.slots,
      before,
    });
    return { next, slots, places };
  }

  #proposeSlots(config: Config): SlotProposal {
    const proposal = this.#parts.slots.propose(listSlotNames(config));
    if ('lacking' in proposal) throw new ConfigRefusal([describeLack(proposal)]);
    return proposal;
  }

  async #checkAccessLog(config: Config): Promise<void> {
    if (JSON.stringify(config.access_log) === JSON.stringify(this.#current.config.access_log)) return;
    await this.#parts.checkAccessLog(config).catch((error: unknown) => refuseStartError(error, 'access_log.file'));
  }

  /** Nothing here can fail, and nothing waits: to everybody else in this thread it is one change. */
  #commit({ next, slots, places }: Change): void {
    const { workers, admin, healthChecks, plan } = this.#parts;
    this.#clearSlots(slots);
    this.#parts.slots.adopt(slots);
    plan.adopt(places);
    this.#current = next;
    workers.commit();
    admin.commit();
    healthChecks.update(next.config, next.slots);
  }

  /** Before a worker hears of the slots' new owners. */
  #clearSlots({ reused, newTargets, inUse }: SlotProposal): void {
    const { state, durations } = this.#parts;
    for (const slot of reused.routes) {
      durations.forgetRoute(slot);
      clearRouteSlot(state, slot);
    }
    for (const slot of reused.upstreams) clearUpstreamSlot(state, slot);
    for (const slot of reused.targets) clearTargetSlot(state, slot);
    for (const slot of newTargets) {
      this.#targets.forget(slot);
      this.#targets.markBack(slot);
    }
    setSlotsInUse(state, inUse);
  }
}

function textOf({ config, policyModules }: LoadedProgram): string {
  return JSON.stringify([config, policyModules]);
}

function refuseIfAny(issues: readonly Issue[]): void {
  if (issues.length > 0) throw new ConfigRefusal(issues);
}

function describeLack({ lacking, room, missing }: LackOfRoom): Issue {
  return {
    path: lacking === 'targets' ? 'upstreams' : lacking,
    message:
      `there is room for ${room} ${lacking}, those of the configuration that runs among them, and ${missing} find none: ` +
      'restart the gateway, which makes room for twice as many as it starts with',
  };
}
