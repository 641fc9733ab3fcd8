import type { SlotAssignments } from '../core/worker-messages.ts';
import type { Config } from '../config/schema.ts';
import { createSharedState, setSlotsInUse, type SharedState, type SlotsInUse } from '../state/layout.ts';
import { firstRouteSlot, listSlotNames, roomFor, shapeFor, type SlotNames } from './slots.ts';

type SlotKind = keyof SlotsInUse;

/** Which slots a configuration would have. */
export interface SlotProposal {
  readonly slots: SlotAssignments;
  readonly inUse: SlotsInUse;
  /** Slots that belonged to names which are gone: to be cleared before anybody hears of their new owner. */
  readonly reused: Readonly<Record<SlotKind, readonly number[]>>;
  /** Slots of targets that the configuration before did not have. */
  readonly newTargets: readonly number[];
  readonly columns: Readonly<Record<SlotKind, ColumnState>>;
}

/** Why a configuration has no slots: there are too many names of this kind. */
export interface LackOfRoom {
  readonly lacking: SlotKind;
  /** How many there could be. */
  readonly room: number;
  /** How many names found none. */
  readonly missing: number;
}

interface ColumnState {
  readonly current: ReadonlyMap<string, number>;
  /** Names of earlier configurations, whose slots are kept for them: the one that has been gone for longest first. */
  readonly gone: ReadonlyMap<string, number>;
  /** The lowest slot that nobody has had yet. */
  readonly next: number;
}

interface ColumnProposal extends ColumnState {
  readonly reused: readonly number[];
  readonly added: readonly number[];
}

/**
 * Who has which slot in shared memory. A name keeps its slot for as long as it is configured, and finds it again when it
 * comes back. New names get slots that nobody has had; once there are none left, those that have been free for longest.
 * A slot that the running configuration uses is never given away, for its requests outlive it.
 */
export class SlotBook {
  readonly #room: SlotsInUse;
  #columns: SlotProposal['columns'] = {
    routes: { current: new Map(), gone: new Map(), next: firstRouteSlot },
    upstreams: { current: new Map(), gone: new Map(), next: 0 },
    targets: { current: new Map(), gone: new Map(), next: 0 },
  };

  constructor(room: SlotsInUse) {
    this.#room = room;
  }

  /** Changes nothing until the proposal is adopted. */
  propose(names: SlotNames): SlotProposal | LackOfRoom {
    const routes = proposeColumn(this.#columns.routes, names.routes, this.#room.routes);
    const upstreams = proposeColumn(this.#columns.upstreams, names.upstreams, this.#room.upstreams);
    const targets = proposeColumn(this.#columns.targets, names.targets, this.#room.targets);
    if ('missing' in routes) return { lacking: 'routes', room: this.#room.routes - firstRouteSlot, ...routes };
    if ('missing' in upstreams) return { lacking: 'upstreams', room: this.#room.upstreams, ...upstreams };
    if ('missing' in targets) return { lacking: 'targets', room: this.#room.targets, ...targets };
    return {
      slots: {
        routes: Object.fromEntries(routes.current),
        upstreams: Object.fromEntries(upstreams.current),
        targets: Object.fromEntries(targets.current),
      },
      inUse: { routes: routes.next, upstreams: upstreams.next, targets: targets.next },
      reused: { routes: routes.reused, upstreams: upstreams.reused, targets: targets.reused },
      newTargets: targets.added,
      columns: { routes, upstreams, targets },
    };
  }

  /** The configuration is served with these slots. Of several proposals only one made since the last may be adopted. */
  adopt(proposal: SlotProposal): void {
    this.#columns = proposal.columns;
  }
}

function proposeColumn(
  { current, gone, next }: ColumnState,
  names: readonly string[],
  room: number,
): ColumnProposal | { missing: number } {
  const wanted = new Set(names);
  const slots = new Map<string, number>();
  const left = new Map(gone);
  const added: number[] = [];
  for (const name of wanted) {
    const kept = current.get(name) ?? left.get(name);
    if (kept === undefined) continue;
    slots.set(name, kept);
    if (left.delete(name)) added.push(kept);
  }
  const free = left.entries();
  const reused: number[] = [];
  let unused = next;
  let missing = 0;
  for (const name of wanted) {
    if (slots.has(name)) continue;
    let slot = unused;
    if (unused < room) {
      unused += 1;
    } else {
      const oldest = free.next();
      if (oldest.done === true) {
        missing += 1;
        continue;
      }
      left.delete(oldest.value[0]);
      slot = oldest.value[1];
      reused.push(slot);
    }
    slots.set(name, slot);
    added.push(slot);
  }
  if (missing > 0) return { missing };
  for (const [name, slot] of current) if (!wanted.has(name)) left.set(name, slot);
  return { current: slots, gone: left, next: unused, reused, added };
}

/** Shared memory with room for more than this configuration, whose slots it has. */
export function layOutMemory(
  config: Config,
  workers: number,
): { readonly state: SharedState; readonly slots: SlotBook; readonly first: SlotProposal } {
  const names = listSlotNames(config);
  const room = roomFor(names, workers);
  const state = createSharedState(shapeFor(room, workers));
  const slots = new SlotBook(room);
  const first = slots.propose(names);
  if ('lacking' in first) throw new Error(`there is no room for ${first.missing} ${first.lacking}`);
  slots.adopt(first);
  setSlotsInUse(state, first.inUse);
  return { state, slots, first };
}
