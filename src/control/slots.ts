import type { Config } from '../config/schema.ts';
import { gatewayPaths } from '../core/gateway-paths.ts';
import { bucketsPerHistogram } from '../state/histogram-buckets.ts';
import type { RequestedShape, SlotsInUse } from '../state/layout.ts';

/** Slot 0 of the routes counts the requests that no route matched. */
export const firstRouteSlot = 1;

/** What of a configuration has words in shared memory, by the names that keep them through reloads. */
export interface SlotNames {
  /** The paths of the gateway's own are among them, whether they are served or not. */
  readonly routes: readonly string[];
  readonly upstreams: readonly string[];
  /** As `targetSlotName` names them. */
  readonly targets: readonly string[];
}

export function listSlotNames(config: Config): SlotNames {
  return {
    routes: [...gatewayPaths('all'), ...config.routes].map((route) => route.name),
    upstreams: Object.keys(config.upstreams),
    targets: Object.entries(config.upstreams).flatMap(([upstream, { targets }]) =>
      targets.map((target) => targetSlotName(upstream, target.url)),
    ),
  };
}

export function targetSlotName(upstream: string, targetUrl: string): string {
  return `${upstream} ${targetUrl}`;
}

/** Room that costs nothing until it is used: what is never written to is no memory of the machine's. */
const usualRoom = { routes: 4_096, upstreams: 1_024, targets: 4_096 } as const;
/** Addresses are not without end either, so many workers get less room each, but always twice what is configured. */
const mostHistogramBytes = 512 * 1024 * 1024;
const histogramBytes = 4 * bucketsPerHistogram + 16;

/** How many slots there will be, so that configurations to come fit too. */
export function roomFor({ routes, upstreams, targets }: SlotNames, workers: number): SlotsInUse {
  const rows = mostHistogramBytes / workers / histogramBytes;
  const usualRows = usualRoom.routes + usualRoom.upstreams;
  const share = Math.min(1, rows / usualRows);
  return {
    routes: Math.max(firstRouteSlot + 2 * routes.length, Math.floor(usualRoom.routes * share)),
    upstreams: Math.max(2 * upstreams.length, Math.floor(usualRoom.upstreams * share)),
    targets: Math.max(2 * targets.length, usualRoom.targets),
  };
}

/** A route answers with a few methods and statuses; what does not fit is counted in sum. */
const seriesPerRoute = 32;
const leastSeries = 256;
const mostSeries = 65_536;

/** The shared memory with this room. */
export function shapeFor(room: SlotsInUse, workers: number): RequestedShape {
  const series = Math.min(mostSeries, Math.max(leastSeries, room.routes * seriesPerRoute));
  return { workers, ...room, series };
}
