import type { Config } from '../config/schema.ts';
import { gatewayPaths } from '../core/gateway-paths.ts';
import type { SlotAssignments } from '../core/worker-messages.ts';
import type { RequestedShape } from '../state/layout.ts';

/** Slot 0 of the routes counts the requests that no route matched. */
const firstRouteSlot = 1;

const noSlots: SlotAssignments = { routes: {}, upstreams: {}, targets: {} };

/**
 * Gives every route, upstream and target of the configuration a slot in shared memory, and every path of the gateway's
 * own a route slot. A name that `previous` knows keeps its slot; new names get the lowest free ones.
 */
export function assignSlots(config: Config, previous: SlotAssignments = noSlots): SlotAssignments {
  const routes = [...gatewayPaths('all'), ...config.routes].map((route) => route.name);
  const upstreams = Object.keys(config.upstreams);
  const targets = Object.entries(config.upstreams).flatMap(([upstream, { targets: list }]) =>
    list.map((target) => targetSlotName(upstream, target.url)),
  );
  return {
    routes: assign(routes, previous.routes, firstRouteSlot),
    upstreams: assign(upstreams, previous.upstreams, 0),
    targets: assign(targets, previous.targets, 0),
  };
}

export function targetSlotName(upstream: string, targetUrl: string): string {
  return `${upstream} ${targetUrl}`;
}

function assign(
  names: readonly string[],
  previous: Readonly<Record<string, number>>,
  first: number,
): Record<string, number> {
  const slots = new Map<string, number>();
  for (const name of names) {
    const kept = Object.hasOwn(previous, name) ? previous[name] : undefined;
    if (kept !== undefined) slots.set(name, kept);
  }
  const taken = new Set(slots.values());
  let next = first;
  for (const name of names) {
    if (slots.has(name)) continue;
    while (taken.has(next)) next += 1;
    slots.set(name, next);
    taken.add(next);
  }
  return Object.fromEntries(slots);
}

/** A route answers with a few methods and statuses; what does not fit is counted in sum. */
const seriesPerRoute = 32;
const leastSeries = 256;
const mostSeries = 65_536;

/** The shared memory that these slots need. */
export function shapeFor(slots: SlotAssignments, workers: number): RequestedShape {
  const routes = slotsNeeded(slots.routes, firstRouteSlot);
  return {
    workers,
    routes,
    upstreams: slotsNeeded(slots.upstreams, 0),
    targets: slotsNeeded(slots.targets, 0),
    series: Math.min(mostSeries, Math.max(leastSeries, routes * seriesPerRoute)),
  };
}

function slotsNeeded(slots: Readonly<Record<string, number>>, first: number): number {
  return Math.max(first, ...Object.values(slots).map((slot) => slot + 1));
}
